// Logits of a layer: stored values to double, dot product in the order of the dimensions, then
// divided by sqrt(dim) or times the recording's scale. Equal inputs give equal logits wherever they
// stand.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/attention/head/rotary.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

class LogitKernel {
 public:
  explicit LogitKernel(const TokenLayer& layer);

  // Of the tokens 0 .. position.
  void row(std::uint32_t query_head, std::uint32_t position, std::vector<double>& logits) const;
  // Of the kept positions, with keys from `keys` (the layer's own, or as a cache stores them). With
  // `reindex`, keys and query stand at their slots instead of their positions.
  void kept_row(std::uint32_t query_head, std::uint32_t position,
                std::span<const std::uint32_t> kept, const TokenVectors& keys, bool reindex,
                std::vector<double>& logits);

 private:
  static constexpr std::size_t kLanes = 8;
  double scaled(double dot) const { return by_ > 0 ? dot * by_ : dot / root_; }

  const TokenLayer* layer_;
  double by_ = 0;    // the recording's scale, or 0
  double root_ = 1;  // sqrt(dim)
  // Keys by KV head, in blocks of kLanes positions: [block][dim][lane].
  std::vector<std::vector<double>> blocks_;
  std::optional<Rotary> rotary_;
  std::vector<double> turned_;  // a query, turned back
};

}  // namespace kvern
