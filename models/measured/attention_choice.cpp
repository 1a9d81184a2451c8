#include "models/measured/attention_choice.h"

#include <fmt/format.h>

namespace kvern::measured {
namespace {

double skew_us(const AttentionModel& model, const AttentionLoad& load) {
  const double beyond = load.longest - load.kv_tokens / load.decodes;
  if (beyond <= 0 || model.skew_us.empty()) return 0;
  return beyond * model.skew_us.at({load.decodes, load.heads, load.kv_heads});
}

bool fits(const AttentionModel& model, const Deployment& deployment) {
  const bool wide = model.dtype == "bf16" || model.dtype == "fp16";
  return model.head_dim == deployment.model->head_dim &&
         (deployment.kv_bytes_per_value == 2) == wide;
}

}  // namespace

AttentionChoice choose_attention(const CostTable& table, const Deployment& deployment,
                                 const std::string& family) {
  AttentionChoice choice;
  std::string known;
  for (const AttentionFamily& one : table.attention) {
    known += (known.empty() ? "" : ", ") + one.name;
    if (!family.empty() && one.name != family) continue;
    if (family.empty() && choice.decode != nullptr) continue;
    choice = {};
    for (const AttentionModel& model : one.models) {
      if (!fits(model, deployment)) continue;
      const AttentionModel*& slot = model.kind == AttentionKind::Decode    ? choice.decode
                                    : model.kind == AttentionKind::Prefill ? choice.prefill
                                                                           : choice.mixed;
      if (slot == nullptr) slot = &model;
    }
    if (choice.prefill == nullptr) choice.decode = nullptr;
  }
  if (choice.decode == nullptr) {
    choice.refusal = fmt::format(
        "{}: no attention with heads of {} and {} bytes a value was measured{} (measured: {})",
        table.device, deployment.model->head_dim, deployment.kv_bytes_per_value,
        family.empty() ? "" : " in " + family, known.empty() ? "none" : known);
  }
  return choice;
}

double attention_us(const AttentionChoice& choice, const AttentionLoad& load) {
  const bool both = load.decodes > 0 && load.query > 0;
  if (both && choice.mixed != nullptr) return choice.mixed->us(load) + skew_us(*choice.mixed, load);
  double us = 0;
  if (load.query > 0) us += choice.prefill->us(load);
  if (load.decodes > 0) us += choice.decode->us(load) + skew_us(*choice.decode, load);
  return us;
}

}  // namespace kvern::measured
