// What a pool needs of its token policy: the policy on its deployment, what that holds and reads of
// each sequence, what it takes itself, and the quality that was measured of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "scenarios/program/spec/scenario.h"
#include "sim/kv/residency.h"
#include "sim/ports/step_cost.h"
#include "sim/token_upkeep.h"

namespace kvern {

struct TokenPool {
  std::unique_ptr<Residency> residency;
  TokenUpkeep upkeep;
};

// Null, with an issue at the pool, where a serving run can't have the policy: sizes that depend on
// data, or bytes that are not those of whole tokens, and no work profile that counted them. Throws
// OutsideError.
std::optional<TokenPool> make_token_pool(const PoolSpec& pool, const Deployment& deployment,
                                         Issues& issues);

// What the pool's work profile says of its policy and budget.
struct MeasuredQuality {
  std::string model;                 // it was measured on
  std::optional<double> perplexity;  // absent: not measured
  std::optional<double> worst_group_increase;
  std::uint32_t longest_text = 0;  // tokens of the longest context that was measured; 0: unknown
  friend bool operator==(const MeasuredQuality&, const MeasuredQuality&) = default;
};
// Null where no profile is named, or (with a warning at the pool) where it does not know them.
std::optional<MeasuredQuality> measured_quality(const PoolSpec& pool, Issues& issues);

// A sentence where the prompts of a run were longer than the texts that its profile was measured
// on; empty where they were not.
std::string beyond_texts(const PoolSpec& pool, const MeasuredQuality& quality,
                         std::uint32_t longest_prompt);

}  // namespace kvern
