// The eviction policies by name; each is one file in policies/eviction.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/eviction.h"

namespace kvern::eviction {

using Port = Eviction;
const PolicyTable<Port>& table();

}  // namespace kvern::eviction
