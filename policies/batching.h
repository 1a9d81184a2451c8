// The batching policies by name; each is one file in policies/batching.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/batching.h"

namespace kvern::batching {

using Port = Batching;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "vllm_v1";  // where a scenario names none

}  // namespace kvern::batching
