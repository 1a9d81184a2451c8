// Port: at which clock a step runs, hence its time and its joules by component.
// Asked by the replica after step_cost. Answered in models/power.
#pragma once

#include <array>
#include <cstdint>

#include "sim/energy_part.h"
#include "sim/line.h"
#include "sim/ports/step_cost.h"

namespace kvern {

// Step i of the run lasts ticks.at(i) and draws picojoules[p].at(i), all GPUs of the replica.
struct Price {
  Line ticks;  // 2^-20 ns
  std::array<Line, kEnergyParts> picojoules;
  std::int64_t steps = kLongestRun;  // exact for this many steps, >= 1
};

class Power {
 public:
  virtual ~Power() = default;
  // False: joules are unknown (no coefficients, or a step cost without work). They are then
  // printed as unknown, never as 0.
  virtual bool known() const = 0;
  // Same law as StepCost::work. Fills every field of `price`.
  virtual void price(const Work& work, Price& price) = 0;
  // Between steps, all GPUs of the replica.
  virtual std::int64_t idle_picojoules_per_us() const = 0;
};

}  // namespace kvern
