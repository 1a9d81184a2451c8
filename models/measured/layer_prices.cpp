#include "models/measured/layer_prices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/roofline/linear_layers.h"
#include "sim/base/exact_math.h"

namespace kvern::measured {
namespace {

constexpr double kDefaultSamplerUs = 26;  // argmax over 128,256 words on an H100, own measurement

}  // namespace

GroupPrice& GroupPrice::operator+=(const GroupPrice& other) {
  us += other.us;
  compute_us += other.compute_us;
  flops += other.flops;
  bytes += other.bytes;
  weight_bytes += other.weight_bytes;
  return *this;
}

LayerPrices::LayerPrices(const CostTable& table, const Deployment& deployment)
    : table_(&table),
      deployment_(&deployment),
      hardware_(deployment.hardware),
      model_(deployment.model) {
  const double gpus = deployment.tensor_parallel;
  layers_ = model_->layers;
  query_ = static_cast<double>(model_->heads) * model_->head_dim / gpus;
  kv_ = std::max(1.0, model_->kv_heads / gpus) * model_->head_dim;
  inner_ = model_->intermediate / gpus;
  for (const GemmModel& gemm : table.gemm) {
    if (gemm.weight_bytes() == deployment.weight_bytes_per_value && gemm_ == nullptr) gemm_ = &gemm;
  }
  for (const ExpertsModel& experts : table.experts) {
    if (gemm_ != nullptr && experts.dtype == gemm_->dtype) experts_ = &experts;
  }
  if (!table.step.empty()) clock_share_ = table.step[0].clock_share;
}

std::string LayerPrices::refusal() const {
  if (gemm_ != nullptr) return {};
  return fmt::format("{}: no matrix products with weights of {} bytes were measured",
                     hardware_->name, deployment_->weight_bytes_per_value);
}

std::string LayerPrices::unmeasured() const {
  std::string names;
  const auto need = [&](const char* op) {
    if (curve(op) == nullptr) names += (names.empty() ? "" : ", ") + std::string(op);
  };
  need("rmsnorm_add");
  if (curve("rope_cache_write") == nullptr) need("rope");
  need("silu_mul");
  if (model_->qk_norm) need("qk_norm");
  need("embedding_gather");
  if (curve("sampler") == nullptr) need("argmax_vocab");
  return names;
}

const ElementwiseCurve* LayerPrices::curve(const std::string& op) const {
  for (const ElementwiseCurve& curve : table_->elementwise) {
    if (curve.op == op) return &curve;
  }
  return nullptr;
}

bool LayerPrices::covers_rows(double rows) const {
  if (!gemm_->log_ratio.empty()) {
    const std::vector<double>& m = gemm_->log_ratio.axes()[0].knots;
    return rows >= m.front() && rows <= m.back();
  }
  double most = 0;
  for (const GemmCurve& curve : gemm_->curves) most = std::max(most, curve.m.back());
  return rows <= most;
}

// The measured time is the floor: arithmetic slows it down only where the clock falls below the
// share of the base clock at which the arithmetic was measured.
GroupPrice LayerPrices::gemm(double m, double n, double k, double groups) const {
  const roofline::GemmCost bounds = gemm_->bounds(*hardware_, m, n, k, groups);
  const double ratio = exact::exp(gemm_->log_correction(m, n, k));
  GroupPrice price;
  price.us = (gemm_->fixed_us + bounds.seconds() * 1e6) * ratio;
  price.compute_us = clock_share_ * bounds.compute_seconds * 1e6 * ratio;
  price.flops = bounds.flops;
  price.bytes = bounds.bytes;
  price.weight_bytes = groups * n * k * gemm_->weight_bytes();
  return price;
}

namespace {

GroupPrice times(double factor, GroupPrice price) {
  price.us *= factor;
  price.compute_us *= factor;
  price.flops *= factor;
  price.bytes *= factor;
  price.weight_bytes *= factor;
  return price;
}

}  // namespace

GroupPrice LayerPrices::projections(double rows) const {
  GroupPrice sum = gemm(rows, query_ + 2 * kv_, model_->hidden);
  sum += gemm(rows, model_->hidden, query_);
  return times(layers_, sum);
}

GroupPrice LayerPrices::experts(double tokens, double n, double k) const {
  const double ranks = deployment_->expert_parallel;
  const double reached = roofline::experts_reached(model_->experts, model_->experts_per_token,
                                                   static_cast<std::uint64_t>(tokens));
  const double rows = tokens * model_->experts_per_token / reached;
  const double groups = std::max(1.0, reached / ranks);
  if (experts_ == nullptr) return gemm(rows, n, k, groups);
  const roofline::GemmCost bounds = gemm_->bounds(*hardware_, rows, n, k, groups);
  GroupPrice price;
  // Two products a layer share the fixed time.
  price.us = experts_->fixed_us / 2 + experts_->scale * bounds.seconds() * 1e6;
  price.compute_us = clock_share_ * experts_->scale * bounds.compute_seconds * 1e6;
  price.flops = bounds.flops;
  price.bytes = bounds.bytes;
  price.weight_bytes = groups * n * k * gemm_->weight_bytes();
  return price;
}

GroupPrice LayerPrices::mlp(double rows, double experts_rows) const {
  const double up = model_->mlp_matrices - 1.0;  // gate and up are one product
  GroupPrice sum;
  if (model_->experts > 0) {
    // Experts that are spread whole over the GPUs are not split besides.
    const double inner = deployment_->expert_parallel > 1 ? model_->intermediate : inner_;
    sum = experts(experts_rows, up * inner, model_->hidden);
    sum += experts(experts_rows, model_->hidden, inner);
  } else {
    sum = gemm(rows, up * inner_, model_->hidden);
    sum += gemm(rows, model_->hidden, inner_);
  }
  return times(layers_, sum);
}

GroupPrice LayerPrices::streamed(const char* op, double tokens, double width, double values) const {
  GroupPrice price;
  price.bytes = tokens * values * kValueBytes;
  if (const ElementwiseCurve* measured = curve(op)) {
    price.us = size_curve(measured->log_us, tokens * width);
  } else {
    const double rate = hardware_->memory_efficiency.value * hardware_->memory_bytes_per_second;
    price.us = hardware_->kernel_seconds.value * 1e6 + price.bytes / rate * 1e6;
  }
  return price;
}

GroupPrice LayerPrices::elementwise(double rows) const {
  const double hidden = model_->hidden;
  const double rotated = query_ + kv_;
  const double inner = inner_ * std::max(1U, model_->experts_per_token);
  GroupPrice layer = times(2, streamed("rmsnorm_add", rows, hidden, 4 * hidden));
  if (curve("rope_cache_write") == nullptr) {
    layer += streamed("rope", rows, rotated, 2 * rotated);
  } else {
    // One kernel rotates and writes; what it writes is told apart (kv_write).
    GroupPrice both = streamed("rope_cache_write", rows, query_ + 2 * kv_, 2 * rotated);
    both.us *= 1 - kv_ / (query_ + 2 * kv_);
    layer += both;
  }
  layer += streamed("silu_mul", rows, inner, model_->mlp_matrices * inner);
  if (model_->qk_norm) layer += streamed("qk_norm", rows, rotated, 2 * rotated);
  GroupPrice all = times(layers_, layer);
  all += streamed("embedding_gather", rows, hidden, 2 * hidden);
  all += streamed("rmsnorm_add", rows, hidden, 4 * hidden);
  return all;
}

GroupPrice LayerPrices::kv_write(double rows) const {
  GroupPrice layer;
  if (curve("rope_cache_write") != nullptr) {
    layer = streamed("rope_cache_write", rows, query_ + 2 * kv_, 0);
    layer.us *= kv_ / (query_ + 2 * kv_);
  }
  layer.bytes = rows * 2 * kv_ * (kValueBytes + deployment_->kv_bytes_per_value);
  return times(layers_, layer);
}

GroupPrice LayerPrices::head(double samples) const {
  const double columns =
      std::ceil(static_cast<double>(model_->vocabulary) / deployment_->tensor_parallel);
  return gemm(samples, columns, model_->hidden);
}

GroupPrice LayerPrices::sampling(double samples) const {
  const double words = model_->vocabulary;
  const char* op = curve("sampler") != nullptr ? "sampler" : "argmax_vocab";
  GroupPrice price = streamed(op, samples, words, words);
  if (curve(op) == nullptr) price.us += kDefaultSamplerUs;
  return price;
}

}  // namespace kvern::measured
