// The workloads of the conformance suite: what is easy, hard or adversarial for a cache of a given
// capacity. Seeded: the same on any machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cache/cache_trace.h"

namespace kvern {

struct ConformanceWorkload {
  std::string name;
  CacheTrace trace;
};

// zipf, scan (nothing twice), loop (of capacity + 1), single (block), drift (popularity moves on
// all the time), flip (popularity turns round half way), bursts (of new tenants), prompts (chains
// that share heads, turns of sessions).
std::vector<ConformanceWorkload> conformance_workloads(std::uint32_t capacity);

}  // namespace kvern
