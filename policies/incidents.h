// The incident policies by name; each is one file in policies/incidents.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/incidents.h"

namespace kvern::incidents {

using Port = Incidents;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "none";  // where a scenario names none

}  // namespace kvern::incidents
