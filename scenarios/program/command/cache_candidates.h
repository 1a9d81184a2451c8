// The eviction policies that `kvern cache` compares, by what the command line says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/config.h"
#include "sim/base/config/issues.h"

namespace kvern {

struct CacheCandidate {
  std::string name;  // as written: "ttl(lru, after=10 min)"
  Config spec;
  bool clairvoyant = false;
};

// "lru,arc,'ttl(lru, after=10 min)'": each is made once, so that its keys are checked. "all" is the
// catalogue with default parameters: without those that must be given some (wrappers), those that
// know more than a server last. Unknown policies are issues.
std::vector<CacheCandidate> cache_candidates(std::string_view text, Issues& issues);

}  // namespace kvern
