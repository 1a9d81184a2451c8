// One pool of the engine's setup.
#pragma once

#include <memory>
#include <optional>

#include "scenarios/program/build/token_pool.h"
#include "scenarios/program/spec/scenario.h"
#include "sim/cluster/cluster.h"
#include "sim/hardware.h"
#include "sim/llm.h"

namespace kvern {

struct PoolAssembly {
  std::unique_ptr<HardwareSpec> hardware;  // null: none named
  std::unique_ptr<LlmSpec> model;
  PoolSetup setup;  // its deployment points to the two
  std::optional<MeasuredQuality> quality;
};

// Null with issues at the pool: a data file that can't be read, a deployment that can't be priced,
// a model that leaves no room for KV blocks.
std::optional<PoolAssembly> assemble_pool(const PoolSpec& pool, const std::string& attribution,
                                          Issues& issues);

}  // namespace kvern
