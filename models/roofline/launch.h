// How a step's kernels are launched: replayed from a captured graph of a fixed size, or one by one
// by the host. Shared by the step costs.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/config/parameters.h"
#include "sim/ports/step_cost.h"

namespace kvern::roofline {

class Launch {
 public:
  Launch() = default;
  explicit Launch(Parameters& p);

  // True where the host's time to launch a layer was given rather than left to the step cost.
  bool layer_given() const { return layer_given_; }
  // As measured on steps with prefill alone; a mixed layer follows, unless it was given.
  void set_layer_ticks(std::int64_t ticks);

  bool captured(std::uint64_t tokens, bool prefill) const {
    return tokens <= largest_ && (prefill ? prefill_graphs_ : decode_graphs_);
  }
  // The rows that a captured step of so many tokens computes.
  std::uint64_t rows(std::uint64_t tokens) const { return rows_[tokens]; }
  // Where kernels are launched one by one, the device waits if the host takes longer than they do:
  // adds that wait to `work`. `mixed`: prefill and decodes run in one step.
  void add_stall(std::uint32_t layers, bool mixed, Work& work) const;

 private:
  bool decode_graphs_ = true;
  bool prefill_graphs_ = true;
  bool layer_given_ = false;
  bool mixed_given_ = false;
  std::uint64_t largest_ = 0;
  std::int64_t layer_ticks_ = 0;
  std::int64_t mixed_ticks_ = 0;     // of a layer in a mixed step
  std::vector<std::uint32_t> rows_;  // by tokens, up to the largest
};

}  // namespace kvern::roofline
