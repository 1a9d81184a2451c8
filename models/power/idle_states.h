// What a replica draws between its steps, and what sleeping and waking cost:
// OFF -> BARE -> CTX -> BUSY, with HOLD after the last step and two sleep levels.
//
//   hold     the watts of a context, for the time that the board keeps its clocks up
//   settled  after that; boards without a hold stay at the context's watts
//   sleep1   weights in host memory: settled watts; waking copies them back
//   sleep2   weights dropped: bare watts; waking loads the model again
//   bare     no process: bare watts; waking makes a context too
//   off      nothing; booting is not in the hardware file, so say how long waking takes
#pragma once

#include <optional>

#include "models/power/state_power.h"
#include "sim/ports/sleep.h"
#include "sim/ports/step_cost.h"

namespace kvern {

// Idle with a context: as the file says, or at a board temperature of `celsius`.
double context_watts(const HardwareSpec& hardware, std::optional<double> celsius);
// A reason why `celsius` can't be taken into account, or "".
std::string celsius_refusal(const HardwareSpec& hardware, std::optional<double> celsius);

// `deployment` names hardware; without a model, or where a coefficient is missing, a state says
// what is unknown.
IdleStates idle_states(const Deployment& deployment, const PowerSettings& settings);

}  // namespace kvern
