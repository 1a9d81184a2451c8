// The score of SnapKV and its kin: how much the last queries of the prompt (the observation window)
// look at each earlier token, smoothed over its neighbours.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "policies/parts/tokens/token_scores.h"

namespace kvern::token_eviction {

class Observation {
 public:
  explicit Observation(Parameters& p);

  struct Sizes {
    std::uint32_t capacity = 0, window = 0;
  };
  Sizes sizes(const TokenBounds& bounds) const;
  // Empty, or why these sizes are none.
  std::string refusal(const TokenBounds& bounds) const;
  // Column sums over the window's rows of the tokens before it, pooled by query head (averages
  // count the zeros beyond the ends), then folded; the window's own are infinite.
  void score(const TokenLayer& layer, AttentionRows& rows, std::uint32_t kv_head,
             std::vector<double>& scores) const;

 private:
  void pool(std::span<const double> sums, std::span<double> pooled) const;

  std::uint32_t capacity_, window_, kernel_;
  bool max_pool_;
  Fold fold_;
  std::optional<double> budget_;
};

}  // namespace kvern::token_eviction
