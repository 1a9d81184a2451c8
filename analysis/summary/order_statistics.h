// Exact order statistics of many numbers without sorting them: two passes and a small selection.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace kvern {

// The ranks[i]-th smallest (from 0) of all numbers of `parts` taken together, for each i. Every
// rank must be below the count, at most 255 of them. Linear time; `parts` is left as it is.
std::vector<std::uint64_t> order_statistics(std::span<const std::span<const std::uint64_t>> parts,
                                            std::span<const std::uint64_t> ranks);

}  // namespace kvern
