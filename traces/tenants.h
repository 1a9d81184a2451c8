// Whose request is it? Shares by tenant; a file each in traces/tenants. Tenants are numbered from 1
// (0 = unknown).
#pragma once

#include <memory>

#include "sim/base/config/policy_table.h"
#include "sim/base/random.h"

namespace kvern::tenants {

using Port = WeightedChoice;
const PolicyTable<Port>& table();

}  // namespace kvern::tenants
