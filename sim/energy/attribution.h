// Whose joules are they? A sequence pays for its own FLOPs and bytes; the weights, the idle power
// while busy and the launches were spent together and are divided by a rule.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/ports/power.h"
#include "sim/ports/step_cost.h"

namespace kvern {

// How a step divides what was spent together.
enum class Attribution : std::uint8_t {
  TokenShare,  // by tokens computed in the step
  EqualShare,  // equally among its sequences
  // The Shapley value of the game in which any group of sequences pays once for the weights and the
  // launches (an equal share of them), and for the time its tokens add. Where a product's
  // arithmetic outlasts its weights, the time beyond is divided by tokens (Aumann and Shapley: the
  // value for many small players).
  Shapley,
};

// Who pays how much of a step with prefill, as shares of what each cause spent.
class StepShares {
 public:
  // The chunks, and `decodes` sequences beside them.
  void set(Attribution rule, std::uint32_t decodes, std::span<const PrefillChunk> chunks);

  // Of a part's pJ, where `own` says what was in proportion to what and `together` is the rest:
  // what all decodes pay besides their KV tokens,
  std::int64_t decodes(std::int64_t together, const Caused& own) const;
  // and chunk i.
  std::int64_t chunk(std::size_t i, std::int64_t together, const Caused& own) const;

 private:
  struct Shares {
    double together = 0, tokens = 0, samples = 0, pairs = 0, reads = 0;
  };
  static std::int64_t paid(const Shares& shares, std::int64_t together, const Caused& own);

  Shares decodes_;
  std::vector<Shares> chunks_;
};

}  // namespace kvern
