// The answers to fetch-or-recompute by name; each is one file in policies/tiering.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/tiering.h"

namespace kvern::tiering {

using Port = Tiering;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "min_time";  // where a scenario names none

}  // namespace kvern::tiering
