// What arrives, from [workload]: a generator, or the replay of a trace.
#pragma once

#include <cstdint>
#include <memory>

#include "scenarios/program/spec/scenario.h"
#include "sim/ports/arrivals.h"

namespace kvern {

struct WorkloadAssembly {
  std::unique_ptr<Arrivals> arrivals;  // null with issues
  std::uint64_t requests = 0;          // 0: not known
};

// `block_size`: of the pools' prefix caches, 0 without. A trace with other blocks is re-blocked.
WorkloadAssembly assemble_workload(const Scenario& scenario, std::uint32_t block_size,
                                   Issues& issues);

}  // namespace kvern
