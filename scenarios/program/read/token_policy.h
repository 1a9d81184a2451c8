// [pool.kv] token_eviction, budget and work_profile: read, checked, and turned into what a serving
// run needs of a token policy.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "scenarios/program/spec/scenario.h"
#include "sim/kv/residency.h"
#include "sim/ports/step_cost.h"
#include "sim/token_upkeep.h"

namespace kvern {

// The three keys; prefix_cache is read already. `file` names the scenario.
void read_token_policy(Parameters& p, const std::string& file, KvSpec& kv);

// The policy on this deployment; null, with an issue at the pool, where a serving run can't have
// it: sizes that depend on data, or keys and values of other widths.
std::unique_ptr<TokenEviction> make_token_policy(const PoolSpec& pool, const Deployment& deployment,
                                                 Issues& issues);
std::unique_ptr<Residency> make_residency(std::unique_ptr<TokenEviction> policy,
                                          const Deployment& deployment);
TokenUpkeep upkeep_of(const TokenEviction& policy, const Deployment& deployment);

// What the pool's work profile says of its policy and budget.
struct MeasuredQuality {
  std::string model;                 // it was measured on
  std::optional<double> perplexity;  // absent: not measured
  std::optional<double> worst_group_increase;
  friend bool operator==(const MeasuredQuality&, const MeasuredQuality&) = default;
};
// Null where no profile is named, or (with a warning at the pool) where it does not know them.
std::optional<MeasuredQuality> measured_quality(const PoolSpec& pool, Issues& issues);

}  // namespace kvern
