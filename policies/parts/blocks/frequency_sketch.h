// How often was a content asked for lately? A count-min sketch of four rows of 4-bit counts that
// are halved after `sample` counts, so that popularity fades (Einziger, Friedman, Manes: TinyLFU,
// 2017, section 3). Estimates are never too low but for the halving. O(1) amortised a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvern {

class FrequencySketch {
 public:
  // For a cache of `capacity` blocks: 4 counts a block and row, halved after 10 counts a block.
  void prepare(std::uint32_t capacity);
  void count(std::uint64_t content);
  std::uint32_t estimate(std::uint64_t content) const;  // 0 .. 15

 private:
  static constexpr int kRows = 4;
  static constexpr std::uint8_t kMost = 15;
  std::size_t cell(std::uint64_t hash, int row) const;

  int width_bits_ = 0;
  std::uint64_t sample_ = 0;
  std::uint64_t counted_ = 0;
  std::vector<std::uint8_t> counts_;  // row after row
};

}  // namespace kvern
