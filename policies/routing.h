// The routing policies by name; each is one file in policies/routing.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/routing.h"

namespace kvern::routing {

using Port = Routing;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "least_loaded";  // where a scenario names none

}  // namespace kvern::routing
