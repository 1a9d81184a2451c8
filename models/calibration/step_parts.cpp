#include "models/calibration/step_parts.h"

#include "models/measured/attention_choice.h"
#include "models/measured/layer_prices.h"

namespace kvern::calibration {

using measured::GroupPrice;

StepParts step_parts(const measured::CostTable& table, const HardwareSpec& hardware,
                     const LlmSpec& model, const StepRow& row) {
  Deployment deployment;
  deployment.hardware = &hardware;
  deployment.model = &model;
  const measured::LayerPrices layers(table, deployment);
  const auto choice = measured::choose_attention(table, deployment, "");
  if (!layers.refusal().empty() || !choice.refusal.empty()) return {};
  const double tokens = row.load.query + row.load.decodes;
  const double rows = row.graph_bucket > 0 ? row.graph_bucket : tokens;
  const double samples = row.load.decodes + row.load.chunks;
  StepParts parts;
  for (const GroupPrice& group :
       {layers.projections(rows), layers.mlp(rows, rows), layers.elementwise(rows),
        layers.kv_write(tokens), layers.head(samples), layers.sampling(samples)}) {
    parts.us += group.us;
    parts.gemm_flops += group.flops;
    parts.bytes += group.bytes;
    constexpr double kMostly = 0.9;  // the rest is the kernels' fixed time
    if (group.compute_us > kMostly * group.us) parts.arithmetic_us += group.us;
  }
  measured::AttentionLoad load = row.load;
  load.heads = model.heads;
  load.kv_heads = model.kv_heads;
  parts.us += model.layers * measured::attention_us(choice, load);
  parts.attention_flops =
      4.0 * model.layers * model.heads * model.head_dim * (load.pairs + load.kv_tokens);
  parts.bytes += (load.keys + load.kv_tokens) *
                 static_cast<double>(model.kv_bytes_per_token(1, deployment.kv_bytes_per_value));
  measured::AttentionLoad prefill = load;
  prefill.decodes = prefill.kv_tokens = prefill.longest = 0;
  if (prefill.query > 0) {
    parts.arithmetic_us += model.layers * measured::attention_us(choice, prefill);
  }
  return parts;
}

}  // namespace kvern::calibration
