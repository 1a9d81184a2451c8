// The policies of admission to a cache by name; each is one file in policies/cache_admission.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/cache_admission.h"

namespace kvern::cache_admission {

using Port = CacheAdmission;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "always";  // where a scenario names none

}  // namespace kvern::cache_admission
