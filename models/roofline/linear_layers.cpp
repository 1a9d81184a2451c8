#include "models/roofline/linear_layers.h"

#include <algorithm>
#include <cmath>

#include "sim/base/exact_math.h"
#include "sim/base/time.h"

namespace kvern::roofline {
namespace {

// Kernels run one after another, each as long as the slower of its two bounds. One group has one
// pair of bounds: the smaller sum stays, the larger is raised so that the group lasts as long as
// its kernels do at base clock.
GroupCost group_of(const GemmCost& a, const GemmCost& b, double layers) {
  double compute = a.compute_seconds + b.compute_seconds;
  double memory = a.memory_seconds + b.memory_seconds;
  (compute > memory ? compute : memory) = a.seconds() + b.seconds();
  GroupCost group;
  group.compute_ticks = ticks_of(layers * compute);
  group.memory_ticks = ticks_of(layers * memory);
  group.flops = std::llround(layers * (a.flops + b.flops));
  group.bytes = std::llround(layers * (a.bytes + b.bytes));
  group.weight_bytes = std::llround(layers * (a.weight_bytes + b.weight_bytes));
  return group;
}

}  // namespace

double experts_reached(double experts, double chosen, std::uint64_t tokens) {
  const double missed = exact::pow(1 - chosen / experts, static_cast<double>(tokens));
  return experts * (1 - missed);
}

LinearLayers::LinearLayers(const Deployment& deployment, std::uint32_t max_tokens,
                           std::uint32_t max_samples)
    : deployment_(deployment) {
  layers_.reserve(max_tokens + 1);
  for (std::uint32_t tokens = 0; tokens <= max_tokens; ++tokens) {
    layers_.push_back(compute_layers(tokens));
  }
  head_.reserve(max_samples + 1);
  for (std::uint32_t sequences = 0; sequences <= max_samples; ++sequences) {
    head_.push_back(compute_head(sequences));
  }
}

GemmCost LinearLayers::experts(double tokens, double n, double k) const {
  const LlmSpec& model = *deployment_.model;
  const double reached =
      experts_reached(model.experts, model.experts_per_token, static_cast<std::uint64_t>(tokens));
  const double rows = tokens * model.experts_per_token / reached;
  return gemm_cost(*deployment_.hardware,
                   {rows, n, k, std::max(1.0, reached / deployment_.expert_parallel),
                    deployment_.weight_bytes_per_value});
}

LayerCost LinearLayers::compute_layers(std::uint64_t tokens) const {
  if (tokens == 0) return {};
  const LlmSpec& model = *deployment_.model;
  const double gpus = deployment_.tensor_parallel;
  const double weight_bytes = deployment_.weight_bytes_per_value;
  const auto all = static_cast<double>(tokens);
  const double rows = std::ceil(all / deployment_.data_parallel);  // of one rank
  const double hidden = model.hidden;
  const double query = static_cast<double>(model.heads) * model.head_dim / gpus;
  const double kv = std::max(1.0, model.kv_heads / gpus) * model.head_dim;
  const double inner = model.intermediate / gpus;
  const auto gemm = [&](double n, double k) {
    return gemm_cost(*deployment_.hardware, {rows, n, k, 1, weight_bytes});
  };
  LayerCost cost;
  cost.projections = group_of(gemm(query + 2 * kv, hidden), gemm(hidden, query), model.layers);
  const double up = inner * (model.mlp_matrices - 1);               // gate and up are one product
  const double split = deployment_.expert_parallel > 1 ? gpus : 1;  // whole experts are not split
  cost.mlp = model.experts > 0 ? group_of(experts(all, split * up, hidden),
                                          experts(all, hidden, split * inner), model.layers)
                               : group_of(gemm(up, hidden), gemm(hidden, inner), model.layers);
  return cost;
}

GroupCost LinearLayers::compute_head(std::uint64_t sequences) const {
  if (sequences == 0) return {};
  const LlmSpec& model = *deployment_.model;
  const double columns =
      std::ceil(static_cast<double>(model.vocabulary) / deployment_.tensor_parallel);
  const double rows = std::ceil(static_cast<double>(sequences) / deployment_.data_parallel);
  return group_of(
      gemm_cost(*deployment_.hardware, {rows, columns, static_cast<double>(model.hidden), 1,
                                        deployment_.weight_bytes_per_value}),
      {}, 1);
}

}  // namespace kvern::roofline
