// A step cost with the upkeep of a token policy: one more kernel a layer in every step that
// decodes. It streams the policy's state through memory; its arithmetic, a few FLOPs a token on
// the vector units, is counted and takes no time beside that.
#pragma once

#include <memory>

#include "sim/ports/step_cost.h"
#include "sim/token_upkeep.h"

namespace kvern {

// Where a cost gives whole steps (Work::has_work is false) nothing is added.
std::unique_ptr<StepCost> with_token_upkeep(std::unique_ptr<StepCost> cost,
                                            const TokenUpkeep& upkeep);

}  // namespace kvern
