// The preemption policies by name; each is one file in policies/preemption.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/preemption.h"

namespace kvern::preemption {

using Port = Preemption;
inline constexpr const char* kUsual = "recompute";  // where a scenario names none
const PolicyTable<Port>& table();

}  // namespace kvern::preemption
