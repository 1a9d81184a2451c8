// `kvern cache`: which policy finds how many blocks of a trace, without time or engine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policies/cache_admission.h"

namespace kvern {

struct CacheRequest {
  std::string file;
  std::string format;                 // "": told from the content
  std::vector<std::string> settings;  // KEY=VALUE of the import
  std::string policies = "all";       // "lru,arc,'ttl(lru, after=10 min)'" or "all"
  std::string capacities;             // "1000,10000", in blocks
  std::string mode = "block";         // or "prefix"
  std::string admission = cache_admission::kUsual;
  std::uint32_t block_size = 0;  // 0 = the trace's
  std::uint64_t seed = 1;        // of the policies' draws
  bool json = false;
};

// The exit code. Throws OutsideError and LawBroken.
int cache_command(const CacheRequest& request);

}  // namespace kvern
