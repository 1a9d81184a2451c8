// Port: at which clock a step runs, hence its time and its joules by component.
// Asked by the replica after step_cost. Answered in models/power.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/energy/energy_part.h"
#include "sim/line.h"
#include "sim/ports/step_cost.h"

namespace kvern {

// A decode's own joules in a step, for each KV token that it reads. Whole pJ, the same over a run.
struct KvShare {
  std::int64_t arithmetic = 0;  // of EnergyPart::Attention
  std::int64_t bytes = 0;       // of EnergyPart::KvRead
  std::int64_t standby = 0;     // of Attention too: idle power over the time that the token adds
};

// Of a part's pJ in a step with prefill: what is in proportion to something that sequences have.
// The decodes' KvShare and these are their own; the rest was spent together.
struct Caused {
  std::int64_t tokens = 0;   // computed in the step
  std::int64_t samples = 0;  // sampled at its end
  std::int64_t pairs = 0;    // of tokens that prefill attention scores
  std::int64_t reads = 0;    // cached and own tokens that prefill attention reads
};
using Division = std::array<Caused, kEnergyParts>;

// Step i of the run lasts ticks.at(i) and draws picojoules[p].at(i), all GPUs of the replica.
struct Price {
  Line ticks;  // 2^-20 ns
  std::array<Line, kEnergyParts> picojoules;
  KvShare kv;
  std::int64_t steps = kLongestRun;  // exact for this many steps, >= 1
};

class Power {
 public:
  virtual ~Power() = default;
  // False: joules are unknown (no coefficients, or a step cost without work). They are then
  // printed as unknown, never as 0.
  virtual bool known() const = 0;
  // Same law as StepCost::work, which `work` comes from. Fills every field of `price`.
  virtual void price(const Work& work, Price& price) = 0;
  // Right after price() of the same work: who caused its joules. `standby`: idle power over a
  // kernel's time follows what makes it longer, instead of being spent together.
  virtual void divide(const Work& work, bool standby, Division& division) = 0;
  // Between steps, all GPUs of the replica.
  virtual std::int64_t idle_picojoules_per_us() const = 0;
  // What a reader of the results must know about the prices so far, or "".
  virtual std::string note() const { return {}; }
};

}  // namespace kvern
