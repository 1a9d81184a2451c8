#include "analysis/summary/order_statistics.h"

#include <algorithm>
#include <bit>

namespace kvern {

namespace {

constexpr int kBinBits = 14;  // 16,384 counters: they stay in the second-level cache

struct Bins {
  std::uint64_t lowest;
  int shift;
  std::size_t of(std::uint64_t value) const { return (value - lowest) >> shift; }
};

Bins bins_over(std::span<const std::span<const std::uint64_t>> parts) {
  std::uint64_t lowest = UINT64_MAX;
  std::uint64_t highest = 0;
  for (const auto& part : parts) {
    for (const std::uint64_t value : part) {
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
  }
  const int width = highest > lowest ? static_cast<int>(std::bit_width(highest - lowest)) : 0;
  return {lowest, std::max(0, width - kBinBits)};
}

}  // namespace

std::vector<std::uint64_t> order_statistics(std::span<const std::span<const std::uint64_t>> parts,
                                            std::span<const std::uint64_t> ranks) {
  const Bins bins = bins_over(parts);
  std::vector<std::uint64_t> counts(std::size_t{1} << kBinBits);
  for (const auto& part : parts) {
    for (const std::uint64_t value : part) ++counts[bins.of(value)];
  }

  // The bin of each rank, and how many numbers lie below that bin.
  std::vector<std::size_t> bin_of(ranks.size());
  std::vector<std::uint64_t> below(ranks.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    std::uint64_t before = 0;
    std::size_t bin = 0;
    while (before + counts[bin] <= ranks[i]) before += counts[bin++];
    bin_of[i] = bin;
    below[i] = before;
  }

  // Only the numbers of those bins are looked at more closely.
  constexpr std::uint8_t kUnused = 0xff;
  std::vector<std::uint8_t> slot_of(counts.size(), kUnused);
  std::vector<std::vector<std::uint64_t>> slots;
  for (const std::size_t bin : bin_of) {
    if (slot_of[bin] != kUnused) continue;
    slot_of[bin] = static_cast<std::uint8_t>(slots.size());
    slots.emplace_back().reserve(counts[bin]);
  }
  for (const auto& part : parts) {
    for (const std::uint64_t value : part) {
      const std::uint8_t slot = slot_of[bins.of(value)];
      if (slot != kUnused) slots[slot].push_back(value);
    }
  }

  std::vector<std::uint64_t> result(ranks.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    auto& near = slots[slot_of[bin_of[i]]];
    const auto nth = near.begin() + static_cast<std::ptrdiff_t>(ranks[i] - below[i]);
    std::nth_element(near.begin(), nth, near.end());
    result[i] = *nth;
  }
  return result;
}

}  // namespace kvern
