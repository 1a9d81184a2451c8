// The admission policies by name; each is one file in policies/admission.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/admission.h"

namespace kvern::admission {

using Port = Admission;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "always";  // where a scenario names none

}  // namespace kvern::admission
