// Attention kernels: a few features of the load by non-negative least squares, then a grid of
// corrections, then what decodes of unequal lengths add. A source with mixed rows was measured with
// one kernel for the whole batch; its pure rows belong to the same kernel.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <tuple>

#include "models/calibration/fits.h"
#include "sim/base/exact_math.h"

namespace kvern::calibration {
namespace {

using measured::AttentionFamily;
using measured::AttentionKind;
using measured::AttentionModel;
using measured::Axis;
using measured::InterpolationGrid;
using measured::Observation;

constexpr std::size_t kEnoughForGrid = 60;
constexpr double kAttentionRidge = 0.02;

struct AxisPlan {
  const char* name;
  std::size_t most;
};

std::vector<AxisPlan> axes_of(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::Decode:
      return {{"decodes", 10}, {"context", 13}, {"heads", 5}, {"kv_heads", 4}};
    case AttentionKind::Prefill:
      return {{"query", 11}, {"chunks", 5}, {"before", 7}, {"heads", 5}, {"kv_heads", 4}};
    case AttentionKind::Mixed:
      break;
  }
  return {{"query", 7},   {"before", 6}, {"decodes", 8},
          {"context", 9}, {"heads", 3},  {"kv_heads", 3}};
}

const char* name_of(AttentionKind kind) {
  if (kind == AttentionKind::Decode) return "decode";
  return kind == AttentionKind::Prefill ? "prefill" : "mixed";
}

bool equal_lengths(const AttentionRow& row) {
  return row.load.longest * row.load.decodes == row.load.kv_tokens;
}

using Rows = std::vector<const AttentionRow*>;

InterpolationGrid empty_grid(AttentionKind kind, const Rows& rows) {
  std::vector<Axis> axes;
  const std::vector<AxisPlan> plans = axes_of(kind);
  for (std::size_t a = 0; a < plans.size(); ++a) {
    std::vector<double> values;
    for (const AttentionRow* row : rows) {
      values.push_back(attention_point(kind, row->load)[a]);
    }
    axes.push_back({plans[a].name, measured::spread_knots(values, plans[a].most)});
  }
  return InterpolationGrid(std::move(axes));
}

void fit_base(const Rows& rows, AttentionModel& model) {
  std::vector<double> features, us;
  for (const AttentionRow* row : rows) {
    for (const double feature : attention_features(model.kind, row->load)) {
      features.push_back(feature);
    }
    us.push_back(row->us);
  }
  model.coefficients = relative_fit(features, measured::kAttentionFeatures, us);
}

void fit_grid(const Rows& rows, AttentionModel& model) {
  std::vector<Observation> seen;
  for (const AttentionRow* row : rows) {
    seen.push_back({attention_point(model.kind, row->load),
                    exact::log(row->us / model.base_us(row->load)), 1});
  }
  model.log_ratio.fit(seen, kAttentionRidge);
}

// us a token of the longest context beyond the mean, by the number of decodes.
void fit_skew(const Rows& rows, AttentionModel& model) {
  std::vector<Observation> seen;
  std::vector<double> decodes;
  for (const AttentionRow* row : rows) {
    const double beyond = row->load.longest - row->load.kv_tokens / row->load.decodes;
    const double weight = beyond / row->us * (beyond / row->us);
    seen.push_back({{row->load.decodes, row->load.heads, row->load.kv_heads},
                    (row->us - model.us(row->load)) / beyond,
                    weight});
    decodes.push_back(row->load.decodes);
  }
  if (seen.empty()) return;
  std::vector<double> heads, kv_heads;
  for (const AttentionRow* row : rows) {
    heads.push_back(row->load.heads);
    kv_heads.push_back(row->load.kv_heads);
  }
  InterpolationGrid skew({{"decodes", measured::spread_knots(decodes, 8)},
                          {"heads", measured::spread_knots(heads, 4)},
                          {"kv_heads", measured::spread_knots(kv_heads, 4)}});
  double mean = 0;
  for (const Observation& o : seen) mean += o.weight / static_cast<double>(seen.size());
  skew.fit(seen, 1e-3 * mean);
  std::vector<double> values = skew.values();
  for (double& value : values) value = std::max(0.0, value);  // unequal lengths never help
  model.skew_us = InterpolationGrid(skew.axes(), std::move(values));
}

double predict(const AttentionModel& model, const AttentionRow& row) {
  double us = model.us(row.load);
  if (row.load.decodes > 0 && !equal_lengths(row)) {
    const double beyond = row.load.longest - row.load.kv_tokens / row.load.decodes;
    us += beyond * model.skew_us.at({row.load.decodes, row.load.heads, row.load.kv_heads});
  }
  return us;
}

// Keys and values of many times the cache's size, read faster than the memory can: not what the
// row says it is.
bool impossible(const HardwareSpec& h, const AttentionRow& row) {
  constexpr double kManyTimes = 8;
  const double width = row.dtype == "bf16" || row.dtype == "fp16" ? 2 : 1;
  const double bytes = 2 * width * row.head_dim * row.load.kv_heads * row.load.kv_tokens;
  const bool large = h.l2_bytes && bytes > kManyTimes * static_cast<double>(*h.l2_bytes);
  return large && bytes / (row.us * 1e-6) > h.memory_bytes_per_second;
}

AttentionModel fit_model(const AttentionModel& named, const Rows& rows,
                         const InterpolationGrid& grid) {
  AttentionModel model = named;
  Rows equal, unequal;
  for (const AttentionRow* row : rows) (equal_lengths(*row) ? equal : unequal).push_back(row);
  fit_base(equal, model);
  if (!grid.empty()) {
    model.log_ratio = grid;
    fit_grid(equal, model);
  }
  fit_skew(unequal, model);
  return model;
}

void fit_kind(const AttentionModel& named, const Rows& rows, const std::string& part,
              AttentionFamily& family, CostTable& table) {
  Rows equal;
  for (const AttentionRow* row : rows) {
    if (equal_lengths(*row)) equal.push_back(row);
  }
  const InterpolationGrid grid =
      equal.size() >= kEnoughForGrid ? empty_grid(named.kind, equal) : InterpolationGrid();
  const AttentionModel model = fit_model(named, rows, grid);
  const auto report_with = [&](const std::string& how, const Rows& of, const auto& predicted) {
    std::vector<double> p, m;
    for (const AttentionRow* row : of) {
      p.push_back(predicted(*row));
      m.push_back(row->us);
    }
    report(table, part, how, p, m);
  };
  report_with("fit", rows, [&](const AttentionRow& row) { return predict(model, row); });
  if (rows.size() >= 3 * kFolds) {
    std::map<const AttentionRow*, double> left_out;
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
      Rows kept;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % kFolds != fold) kept.push_back(rows[i]);
      }
      const AttentionModel other = fit_model(named, kept, grid);
      for (std::size_t i = fold; i < rows.size(); i += kFolds) {
        left_out[rows[i]] = predict(other, *rows[i]);
      }
    }
    report_with("rows left out, 5-fold", rows,
                [&](const AttentionRow& row) { return left_out.at(&row); });
  }
  family.models.push_back(model);
}

}  // namespace

void fit_attention(const FitContext& context, CostTable& table) {
  for (const Source& source : context.sources) {
    AttentionFamily family;
    family.name = source.name;
    // By kind, kernel, type and head size; sorted, so the table is the same every time.
    std::map<std::tuple<AttentionKind, std::string, std::string, double>, Rows> groups;
    const auto add = [&](AttentionKind kind, const AttentionRow& row) {
      if (row.us <= 0 || impossible(*context.hardware, row)) return;
      groups[{kind, row.impl, row.dtype, row.head_dim}].push_back(&row);
    };
    for (const AttentionRow& row : source.prefill) add(AttentionKind::Prefill, row);
    for (const AttentionRow& row : source.decode) add(AttentionKind::Decode, row);
    for (const AttentionRow& row : source.mixed) {
      add(row.load.decodes == 0 ? AttentionKind::Prefill
          : row.load.query == 0 ? AttentionKind::Decode
                                : AttentionKind::Mixed,
          row);
    }
    // A deployment takes the first kernel that fits it: the one with the most rows.
    std::vector<std::size_t> rows_of;
    for (const auto& [key, rows] : groups) {
      AttentionModel named;
      std::tie(named.kind, named.impl, named.dtype, named.head_dim) = key;
      const std::string part = "attention " + std::string(name_of(named.kind)) + " " + named.dtype +
                               " " + std::to_string(int(named.head_dim)) + " " + named.impl;
      fit_kind(named, rows, part, family, table);
      rows_of.push_back(rows.size());
      for (std::size_t i = rows_of.size() - 1; i > 0 && rows_of[i] > rows_of[i - 1]; --i) {
        std::swap(rows_of[i], rows_of[i - 1]);
        std::swap(family.models[i], family.models[i - 1]);
      }
    }
    if (!family.models.empty()) table.attention.push_back(std::move(family));
  }
}

}  // namespace kvern::calibration
