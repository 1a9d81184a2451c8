// The eviction policies by name; each is one file in policies/eviction.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/eviction.h"

namespace kvern::eviction {

using Port = Eviction;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "lru";  // where a scenario names none
// Sees the future: what the hits of all others are held against. The second one where what is asked
// for may be left out.
inline constexpr const char* kBound = "belady";
inline constexpr const char* kBypassBound = "belady(bypass=true)";

}  // namespace kvern::eviction
