// Fused layers of experts: tokens spread over experts by chance, two grouped products.
#include <algorithm>
#include <set>

#include "models/calibration/fits.h"
#include "models/roofline/linear_layers.h"

namespace kvern::calibration {
namespace {

// The shape behind a label ("Qwen3-30B-A3B tp2"); false where it is not known.
bool complete(const FitContext& context, MoeRow& row) {
  if (row.label.empty()) return true;
  const std::size_t end = row.label.rfind(" tp");
  const auto model = context.models.find(row.label.substr(0, end));
  if (end == std::string::npos || model == context.models.end()) return false;
  row.hidden = model->second.hidden;
  row.inter = model->second.intermediate;
  row.experts = model->second.experts;
  row.topk = model->second.experts_per_token;
  row.tp = row.label.ends_with("2") ? 2 : 1;
  row.ep = 1;
  return true;
}

double bounds_us(const FitContext& context, const measured::GemmModel& gemm, const MoeRow& row) {
  const double reached = row.activated.value_or(
      roofline::experts_reached(row.experts, row.topk, static_cast<std::uint64_t>(row.tokens)));
  const double rows = row.tokens * row.topk / reached;
  const double groups = std::max(1.0, reached / row.ep);
  const double inner = row.inter / row.tp;
  const HardwareSpec& hardware = *context.hardware;
  return 1e6 * (gemm.bounds(hardware, rows, 2 * inner, row.hidden, groups).seconds() +
                gemm.bounds(hardware, rows, row.hidden, inner, groups).seconds());
}

// Tokens that favour some experts are another question.
bool usable(const MoeRow& row, const std::string& dtype) {
  const bool even = row.distribution.empty() || row.distribution == "balanced";
  return row.dtype == dtype && even && row.us > 0;
}

}  // namespace

void fit_experts(const FitContext& context, CostTable& table) {
  for (const measured::GemmModel& gemm : table.gemm) {
    std::vector<double> features, us;
    for (const Source& source : context.sources) {
      for (MoeRow row : source.moe) {
        if (!usable(row, gemm.dtype) || !complete(context, row)) continue;
        features.insert(features.end(), {1, bounds_us(context, gemm, row)});
        us.push_back(row.us);
      }
    }
    if (us.size() < 2) continue;
    const std::vector<double> fit = relative_fit(features, 2, us);
    table.experts.push_back({gemm.dtype, fit[0], fit[1]});
    std::vector<double> predicted;
    for (std::size_t i = 0; i < us.size(); ++i) {
      predicted.push_back(fit[0] + fit[1] * features[2 * i + 1]);
    }
    report(table, "experts " + gemm.dtype, "fit", predicted, us);
  }
}

}  // namespace kvern::calibration
