// The routing policies by name; each is one file in policies/routing.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/routing.h"

namespace kvern::routing {

using Port = Routing;
const PolicyTable<Port>& table();

}  // namespace kvern::routing
