// Which of the measured attention kernels a deployment runs.
#pragma once

#include <string>

#include "models/measured/cost_table.h"
#include "sim/ports/step_cost.h"

namespace kvern::measured {

struct AttentionChoice {
  const AttentionModel* decode = nullptr;
  const AttentionModel* prefill = nullptr;
  const AttentionModel* mixed = nullptr;  // null: prefill and decode are kernels of their own
  std::string refusal;                    // why there is none, or ""
};

// Of the family of that name, or of the first one when `family` is "".
AttentionChoice choose_attention(const CostTable& table, const Deployment& deployment,
                                 const std::string& family);

// us of one layer, as the choice has it; longest contexts included.
double attention_us(const AttentionChoice& choice, const AttentionLoad& load);

}  // namespace kvern::measured
