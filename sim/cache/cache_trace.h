// Accesses to blocks in order, for cache-only replays: held once, read by every policy and
// capacity.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/time.h"

namespace kvern {

// Request r asks for the blocks ids[request_end[r - 1] .. request_end[r]), first block of its
// prompt first; without request_end each access is a request of its own. Ids are dense
// (0 .. distinct - 1) and each names one prefix: equal id = equal content. Fewer than 2^32 - 1
// accesses.
struct CacheTrace {
  std::uint32_t block_size = 1;  // tokens
  std::uint32_t distinct = 0;
  std::vector<std::uint32_t> ids;
  std::vector<std::uint64_t> request_end;
  // What policies may know, one a request; empty = not known.
  std::vector<std::uint32_t> prompt_tokens;
  std::vector<std::uint16_t> tenant;
  std::vector<std::uint16_t> category;
  std::vector<SimTime> arrival;  // non-decreasing

  std::size_t requests() const { return request_end.empty() ? ids.size() : request_end.size(); }
  std::uint64_t end_of(std::size_t request) const {
    return request_end.empty() ? request + 1 : request_end[request];
  }
};

}  // namespace kvern
