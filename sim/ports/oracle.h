// Port: when is a content asked for next? Only clairvoyant policies may ask (Eviction::foresee),
// and a run with one is stamped "clairvoyant". Answered by whoever replays a trace held in memory.
//
// Times are positions in the trace, below 2^32 - 1: in a cache-only replay the number of the
// access, in a serving run the number of the request whose prompt contains the content. The latter
// is a reference, not a bound: requests may be served in another order.
#pragma once

#include <cstdint>

namespace kvern {

inline constexpr std::uint64_t kNoNextUse = UINT64_MAX;

class Oracle {
 public:
  virtual ~Oracle() = default;
  // Position of the first use of `content` (BlockInfo::content) after the present one; kNoNextUse
  // when there is none. O(1).
  virtual std::uint64_t next_use(std::uint64_t content) const = 0;
  // Position of what is being served at present: next_use() is always larger.
  virtual std::uint64_t position() const = 0;
};

}  // namespace kvern
