// The token policies by name; each is one file in policies/token_eviction.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/token_eviction.h"

namespace kvern::token_eviction {

using Port = TokenEviction;
const PolicyTable<Port>& table();

inline constexpr const char* kDense = "full";  // evicts nothing, reads everything

}  // namespace kvern::token_eviction
