// The key `preemption` of a scheduler: who stops when blocks are short.
#pragma once

#include <memory>
#include <string>

#include "policies/preemption.h"
#include "sim/ports/batching.h"

namespace kvern {

// Null, with an issue, where the rule is unknown or swaps.
std::unique_ptr<Preemption> read_preemption(Parameters& p);
// A reason why the rule can't run on such a pool, or "".
std::string refusal(const Preemption& rule, const PoolLimits& limits);

}  // namespace kvern
