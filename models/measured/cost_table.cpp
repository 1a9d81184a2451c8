#include "models/measured/cost_table.h"

#include <algorithm>
#include <cmath>

#include "sim/base/exact_math.h"

namespace kvern::measured {
namespace {

// ln(measured / modelled) of a curve at m; flat beyond its ends.
double along(const GemmCurve& curve, double m) {
  std::size_t i = 0;
  while (i + 2 < curve.m.size() && m >= curve.m[i + 1]) ++i;
  if (curve.m.size() == 1) return curve.log_ratio[0];
  const double low = exact::log1p(curve.m[i]);
  const double high = exact::log1p(curve.m[i + 1]);
  const double share = std::clamp((exact::log1p(m) - low) / (high - low), 0.0, 1.0);
  return (1 - share) * curve.log_ratio[i] + share * curve.log_ratio[i + 1];
}

// The measured shapes around (n, k), the near ones counting most: by the fourth power of their
// distance in octaves, so a shape that was measured is itself.
double of_curves(const std::vector<GemmCurve>& curves, double m, double n, double k) {
  constexpr double kSame = 1e-6;
  double sum = 0;
  double weights = 0;
  for (const GemmCurve& curve : curves) {
    const double dn = exact::log(n / curve.n);
    const double dk = exact::log(k / curve.k);
    const double distance = dn * dn + dk * dk;
    const double weight = 1 / (distance * distance + kSame);
    sum += weight * along(curve, m);
    weights += weight;
  }
  return weights > 0 ? sum / weights : 0;
}

}  // namespace

roofline::GemmCost GemmModel::bounds(const HardwareSpec& hardware, double m, double n, double k,
                                     double groups) const {
  const roofline::GemmRates rates{static_cast<double>(hardware.sm_count),
                                  compute_share * roofline::gemm_peak(hardware, weight_bytes()),
                                  memory_share * hardware.memory_bytes_per_second};
  return roofline::gemm_cost(rates, {m, n, k, groups, weight_bytes()});
}

double GemmModel::log_correction(double m, double n, double k) const {
  return log_ratio.at({m, n, k}) + of_curves(curves, m, n, k);
}

double GemmModel::us(const HardwareSpec& hardware, double m, double n, double k,
                     double groups) const {
  const double bound = bounds(hardware, m, n, k, groups).seconds() * 1e6;
  return (fixed_us + bound) * exact::exp(log_correction(m, n, k));
}

std::array<double, kAttentionFeatures> attention_features(AttentionKind kind,
                                                          const AttentionLoad& l) {
  switch (kind) {
    case AttentionKind::Decode: {
      const double mean = l.decodes > 0 ? l.kv_tokens / l.decodes : 0;
      return {1, l.decodes * l.heads, l.kv_tokens * l.kv_heads, l.kv_tokens * l.heads, mean, 0, 0};
    }
    case AttentionKind::Prefill:
      return {1,
              l.query * l.heads,
              l.pairs * l.heads,
              l.keys * l.kv_heads,
              l.chunks > 0 ? l.keys / l.chunks : 0,
              0,
              0};
    case AttentionKind::Mixed:
      break;
  }
  return {1,
          l.query * l.heads,
          l.pairs * l.heads,
          l.keys * l.kv_heads,
          l.decodes * l.heads,
          l.kv_tokens * l.kv_heads,
          l.kv_tokens * l.heads};
}

Point attention_point(AttentionKind kind, const AttentionLoad& l) {
  const double context = l.decodes > 0 ? l.kv_tokens / l.decodes : 0;
  const double query = l.chunks > 0 ? l.query / l.chunks : 0;
  // The context before one chunk of all queries that makes as many pairs.
  const double whole = l.query * (l.query + 1) / 2;
  switch (kind) {
    case AttentionKind::Decode:
      return {l.decodes, context, l.heads, l.kv_heads};
    case AttentionKind::Prefill:
      return {query, l.chunks, l.chunks > 0 ? (l.keys - l.query) / l.chunks : 0, l.heads,
              l.kv_heads};
    case AttentionKind::Mixed:
      break;
  }
  const double before = l.query > 0 ? std::max(0.0, (l.pairs - whole) / l.query) : 0;
  return {l.query, before, l.decodes, context, l.heads, l.kv_heads};
}

double AttentionModel::base_us(const AttentionLoad& load) const {
  const auto features = attention_features(kind, load);
  double sum = 0;
  for (std::size_t i = 0; i < features.size(); ++i) sum += features[i] * coefficients[i];
  return sum;
}

double AttentionModel::ratio(const AttentionLoad& load) const {
  return exact::exp(log_ratio.at(attention_point(kind, load)));
}

double AttentionModel::us(const AttentionLoad& load) const { return base_us(load) * ratio(load); }

}  // namespace kvern::measured
