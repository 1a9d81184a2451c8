#include "policies/parts/blocks/frequency_sketch.h"

#include <algorithm>
#include <bit>

#include "sim/base/random.h"

namespace kvern {

void FrequencySketch::prepare(std::uint32_t capacity) {
  const std::uint64_t blocks = std::max(1U, capacity);
  width_bits_ = std::bit_width(4 * blocks - 1);
  sample_ = 10 * blocks;
  counted_ = 0;
  counts_.assign(std::size_t{kRows} << width_bits_, 0);
}

// Double hashing: the rows share the two halves of one hash.
std::size_t FrequencySketch::cell(std::uint64_t hash, int row) const {
  const std::uint64_t step = (hash >> 32) | 1;
  const std::uint64_t column =
      (hash + step * static_cast<std::uint64_t>(row)) & ((std::uint64_t{1} << width_bits_) - 1);
  return (static_cast<std::size_t>(row) << width_bits_) + column;
}

std::uint32_t FrequencySketch::estimate(std::uint64_t content) const {
  const std::uint64_t hash = mix(content);
  std::uint8_t least = kMost;
  for (int row = 0; row < kRows; ++row) least = std::min(least, counts_[cell(hash, row)]);
  return least;
}

void FrequencySketch::count(std::uint64_t content) {
  const std::uint64_t hash = mix(content);
  const std::uint32_t before = estimate(content);
  if (before < kMost) {
    // Conservative: only the lowest counts rise.
    for (int row = 0; row < kRows; ++row) {
      std::uint8_t& value = counts_[cell(hash, row)];
      if (value == before) ++value;
    }
  }
  if (++counted_ < sample_) return;
  for (std::uint8_t& value : counts_) value /= 2;
  counted_ /= 2;
}

}  // namespace kvern
