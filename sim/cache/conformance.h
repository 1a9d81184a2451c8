// What every eviction policy must keep, whatever it prefers; run over the whole catalogue by the
// tests and over a plugin by `kvern conform`:
//   a victim is a resident block that nobody uses, and never the same one twice
//   what is evictable drains to empty; pinned blocks never go
//   the same calls give the same victims: in a fresh policy, and after prepare() anew
//   asking for a victim again changes neither the answer nor a later one
//   ids are reused, contents are invalidated, capacities of 0, 1 and 2 work
//   in block mode no more is found than by Belady at equal capacity (with bypass where it refuses)
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/ports/cache_admission.h"
#include "sim/ports/eviction.h"

namespace kvern {

// Makes the policy anew at each call.
using MakeEviction = std::function<std::unique_ptr<Eviction>()>;
using MakeCacheAdmission = std::function<std::unique_ptr<CacheAdmission>()>;

// What is wrong, a line a finding ("loop, capacity 7: law 2 broken at 42 ns: victim: block 3 is
// pinned"); empty = it conforms. Seconds at most.
std::vector<std::string> conformance_failures(const MakeEviction& make);
// The same for the pair, in cache-only replays.
std::vector<std::string> conformance_failures(const MakeEviction& make,
                                              const MakeCacheAdmission& admission);

}  // namespace kvern
