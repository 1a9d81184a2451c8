// What a replica's prefix cache holds when nobody uses it: saved at the end of a run, loaded before
// another one.
#pragma once

#include <cstdint>
#include <vector>

namespace kvern {

struct CachedBlock {
  static constexpr std::uint32_t kNoName = UINT32_MAX;

  std::uint32_t name = kNoName;    // of the trace; kNoName: nothing that could be found again
  std::uint32_t parent = kNoName;  // name of the block before it
  std::uint32_t depth = 0;
  std::uint32_t tokens = 0;
  std::uint32_t request_tokens = 0;
  std::uint64_t recompute_cost_ns = 0;
  std::uint16_t tenant = 0;
  std::uint16_t category = 0;
  std::uint32_t order = 0;  // in which they were named, from 0
  std::uint32_t hits = 0;   // since then
};

// In the order of eviction: the first goes first.
using CacheState = std::vector<CachedBlock>;

}  // namespace kvern
