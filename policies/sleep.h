// The sleep policies by name; each is one file in policies/sleep.
#pragma once

#include "sim/base/config/policy_table.h"
#include "sim/ports/sleep.h"

namespace kvern::sleep {

using Port = Sleep;
const PolicyTable<Port>& table();

inline constexpr const char* kUsual = "never";  // where a scenario names none

// The keys that policies share.
SleepDepth read_depth(Parameters& p);
SimTime read_gather(Parameters& p);
// How long waking takes: the key, or kNever for what the hardware says.
SimTime read_wake(Parameters& p);
// "", or why this state is not to be had.
std::string refusal_of(const SleepState& state, SimTime wake);

}  // namespace kvern::sleep
