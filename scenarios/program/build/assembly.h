// From a scenario's plain values to the engine's setup: the only place that knows every part.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/program/build/token_pool.h"
#include "scenarios/program/spec/scenario.h"
#include "sim/cluster/cluster.h"
#include "sim/hardware.h"
#include "sim/llm.h"

namespace kvern {

struct Assembly {
  // The setup's deployments point into these.
  std::vector<std::unique_ptr<HardwareSpec>> hardware;
  std::vector<std::unique_ptr<LlmSpec>> models;
  ClusterSetup setup;               // without records, stepwise and callbacks
  std::vector<std::string> inputs;  // files that were read, besides the scenario
  std::uint64_t requests = 0;       // 0: not known
  std::vector<std::optional<MeasuredQuality>> quality;  // by pool: of its token policy
};

// A clairvoyant policy sees the workload before it is served.
bool looks_ahead(const Scenario& scenario);

// Null with issues: a deployment that can't be priced, a model that does not fit, a trace that
// can't be read.
std::optional<Assembly> assemble(const Scenario& scenario, Issues& issues);

}  // namespace kvern
