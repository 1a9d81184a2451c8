// A schedule with measured times in it: what is judged are the decisions alone.
#pragma once

#include <memory>
#include <vector>

#include "scenarios/program/validation/case_spec.h"
#include "sim/base/time.h"
#include "sim/ports/step_cost.h"

namespace kvern {

// A step cost that gives step k the time that passed until the engine began iteration k + 1; steps
// beyond the last row take 1 ns. Where the engine slept in between (a gap above a millisecond), our
// step ends with the iteration, and the next one begins with the arrival that woke it. For one
// replica; `arrivals` in order. Joules are unknown.
//
// Null with an issue when the file has no such columns. Throws OutsideError.
std::unique_ptr<StepCost> forced_steps(const ForcedSchedule& schedule,
                                       const std::vector<SimTime>& arrivals, Issues& issues);

}  // namespace kvern
