// The step costs by name; each is one file in models/step_cost.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/step_cost.h"

namespace kvern::step_cost {

using Port = StepCost;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "roofline";  // where a scenario names none

}  // namespace kvern::step_cost
