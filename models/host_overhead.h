// What the host does for a step: scheduling, input preparation, launch. A step cost wrapped in it
// also fills Work::host_ticks.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/base/config/parameters.h"
#include "sim/ports/step_cost.h"

namespace kvern {

struct HostOverhead {
  std::int64_t step_ticks = 0;
  std::int64_t sequence_ticks = 0;
  bool overlap = false;  // hidden behind the device: the step lasts the longer of the two
};

inline constexpr const char* kUsualHostOverhead = "affine";
inline constexpr const char* kNoHostOverhead = "none";

// The policy table under `host_overhead`: "none", or "affine(step=300 us, sequence=12.7 us,
// overlap=false)". The defaults lie between vLLM V1's measured loops (0.54 ms a step; 12.7 us of
// decode scheduling a running sequence; both second-hand).
HostOverhead read_host_overhead(Parameters& p);

std::unique_ptr<StepCost> with_host_overhead(std::unique_ptr<StepCost> cost,
                                             const HostOverhead& overhead);

}  // namespace kvern
