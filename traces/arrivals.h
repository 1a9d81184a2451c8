// The arrival processes by name; each is one file in traces/arrivals.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/arrival_process.h"

namespace kvern::arrivals {

using Port = ArrivalProcess;
const PolicyTable<Port>& table();

}  // namespace kvern::arrivals
