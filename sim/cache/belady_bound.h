// The most that any cache of a capacity could have hit: Belady's MIN (1966), counted without a
// policy, so that policies (Belady's own too) can be checked against it.
#pragma once

#include <cstdint>
#include <span>

#include "sim/cache/cache_replay.h"

namespace kvern {

// Hits of a cache that evicts the block used last; with `bypass` it leaves a block out that would
// itself be the next to go: the bound where an admission may refuse. Without it every miss is
// stored. prefix_hits are those of the same cache, and no bound. `next`: next_uses(trace). O(1)
// an access.
CacheCounts belady_bound(const CacheTrace& trace, std::span<const std::uint32_t> next,
                         std::uint32_t capacity, bool bypass);

}  // namespace kvern
