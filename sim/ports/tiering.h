// Port: fetch blocks from a lower tier, or compute them again? Asked by a replica about a run of
// neighbouring blocks of one prompt that one tier holds, when the request reaches the head of the
// queue (or is queued, where the tier prefetches). Answered in policies/tiering, one file a policy.
//
// Blocks beyond a refused run are not asked about: a cached prefix has no gaps. Costs are modelled
// beforehand: a fetch has its link to itself, prefill a usual chunk. Policies never throw, print or
// allocate.
#pragma once

#include <cstdint>

#include "sim/base/time.h"

namespace kvern {

struct FetchOffer {
  std::uint32_t depth = 0;   // of the first block in the prompt
  std::uint32_t blocks = 0;  // of the run
  std::uint64_t bytes = 0;
  // How much longer the request would wait: 0 where it waits as long for a run before this one that
  // comes over another link.
  SimTime fetch_ns = 0;
  SimTime compute_ns = 0;  // of prefill that would be spared
  // What the GPU boards would draw beyond their idle power; known where joules_known.
  bool joules_known = false;
  std::int64_t fetch_picojoules = 0;
  std::int64_t compute_picojoules = 0;
};

class Tiering {
 public:
  virtual ~Tiering() = default;
  // False: computed again.
  virtual bool fetches(const FetchOffer& offer) = 0;
  // True: it can't answer where joules are not known.
  virtual bool needs_joules() const { return false; }
};

}  // namespace kvern
