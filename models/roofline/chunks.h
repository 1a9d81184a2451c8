// Prefill chunks as attention sees them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/ports/step_cost.h"

namespace kvern::roofline {

// Pairs of a query and a key at or before it, within the model's window (0 = none).
inline std::int64_t attended_pairs(const PrefillChunk& chunk, std::uint32_t window) {
  const std::int64_t n = chunk.tokens;
  const std::int64_t before = chunk.before;
  const std::int64_t all = n * before + n * (n + 1) / 2;
  if (window == 0 || before + n <= window) return all;
  // Query i (1 .. n) misses before + i - window keys where that is positive.
  const std::int64_t last = before + n - window;
  const std::int64_t first = std::max<std::int64_t>(1, before + 1 - std::int64_t{window});
  return all - (first + last) * (last - first + 1) / 2;
}

}  // namespace kvern::roofline
