// What a cache of blocks would have hit, without time, engine or pins: the literature's experiment,
// behind `kvern cache`. One access = one block; the blocks of a request in order; a miss is
// inserted (unless the admission or the policy leaves it out) into a free slot, else in place of a
// victim; a hit is touched. `now` is the arrival of the request, so that ages mean what they say;
// where the trace has no times, the number of the access.
//
// Two counts of hits come from the same run, as block caches are compared in both ways:
//   hits         every access that found its block ("any block")
//   prefix_hits  only the leading run of each request: an engine reuses nothing behind the first
//                miss. A block behind it is computed anew; where it is resident it is touched all
//                the same (its content is the same), else inserted. So the cache itself behaves
//                alike.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/cache/cache_trace.h"
#include "sim/ports/cache_admission.h"
#include "sim/ports/eviction.h"

namespace kvern {

struct CacheCounts {
  std::uint64_t accesses = 0;
  std::uint64_t hits = 0;
  std::uint64_t prefix_hits = 0;
  std::uint64_t evictions = 0;
  std::uint64_t refused = 0;  // misses left out by the admission or the policy
};

// For each access, the number of the next one to the same block; UINT32_MAX = none. One backward
// pass; computed once for all clairvoyant replays of a trace.
std::vector<std::uint32_t> next_uses(const CacheTrace& trace);

// Prepares `policy` (and `admission`, null = always) and replays the whole trace; both must be new.
// `next`: next_uses(trace), needed where policy.clairvoyant(). Capacity in blocks, 0 = all missed.
// `draws`: of the policies. Several replays of one trace may run at once. Throws LawBroken (2) when
// a victim is not resident.
CacheCounts replay_cache(const CacheTrace& trace, std::uint32_t capacity, Eviction& policy,
                         CacheAdmission* admission = nullptr,
                         std::span<const std::uint32_t> next = {}, const Draws& draws = {});

}  // namespace kvern
