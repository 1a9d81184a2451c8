#include "scenarios/program/build/workload_assembly.h"

namespace kvern {

WorkloadAssembly assemble_workload(const Scenario& scenario, std::uint32_t block_size,
                                   Issues& issues) {
  WorkloadAssembly out;
  if (scenario.workload.replay) {
    TraceReplay replay = *scenario.workload.replay;
    replay.block_size = block_size;
    out.arrivals = replay_trace(replay, issues);
    out.requests = replay.requests.value_or(0);
  } else {
    const WorkloadSpec& spec = scenario.workload.generator;
    out.arrivals = make_generated_arrivals(spec, scenario.seed, block_size, issues);
    out.requests = spec.requests.value_or(0);
  }
  return out;
}

}  // namespace kvern
