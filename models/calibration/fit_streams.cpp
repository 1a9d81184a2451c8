// Kernels that only move data: norms and the like along tokens x width, collectives along bytes.
#include <fmt/format.h>

#include <map>
#include <tuple>

#include "models/calibration/fits.h"
#include "sim/base/exact_math.h"

namespace kvern::calibration {
namespace {

using measured::InterpolationGrid;
using measured::Observation;

// ln(us) along one variable, by the knots of the measured values.
InterpolationGrid curve_of(const std::vector<Observation>& seen, const char* name,
                           std::size_t most) {
  std::vector<double> at;
  at.reserve(seen.size());
  for (const Observation& o : seen) at.push_back(o.at[0]);
  InterpolationGrid grid({{name, measured::spread_knots(at, most)}});
  grid.fit(seen, 1e-4);
  return grid;
}

void report_curve(CostTable& table, const std::string& part, const InterpolationGrid& curve,
                  const std::vector<Observation>& seen) {
  std::vector<double> predicted, took;
  for (const Observation& o : seen) {
    predicted.push_back(measured::size_curve(curve, o.at[0]));
    took.push_back(exact::exp(o.value));
  }
  report(table, part, "fit", predicted, took);
}

}  // namespace

// The first source that measured a kernel gives its curve.
void fit_elementwise(const FitContext& context, CostTable& table) {
  std::map<std::string, const Source*> owner;
  for (const Source& source : context.sources) {
    for (const ElementwiseRow& row : source.elementwise) owner.emplace(row.op, &source);
  }
  for (const auto& [op, source] : owner) {
    std::vector<Observation> seen;
    for (const ElementwiseRow& row : source->elementwise) {
      if (row.op == op && row.us > 0) {
        seen.push_back({{row.tokens * row.width}, exact::log(row.us), 1});
      }
    }
    table.elementwise.push_back({op, curve_of(seen, "tokens x width", 24)});
    report_curve(table, "elementwise " + op, table.elementwise.back().log_us, seen);
  }
}

void fit_collectives(const FitContext& context, CostTable& table) {
  using Key = std::tuple<std::string, std::string, double>;
  std::map<Key, std::vector<Observation>> groups;
  for (const Source& source : context.sources) {
    for (const CollectiveRow& row : source.collective) {
      if (row.us <= 0) continue;
      const std::string impl = row.impl + (row.launch == "graph" ? " graph" : "");
      groups[{row.op, impl, row.gpus}].push_back({{row.bytes}, exact::log(row.us), 1});
    }
  }
  for (const auto& [key, seen] : groups) {
    const auto& [op, impl, gpus] = key;
    table.collectives.push_back({op, impl, gpus, curve_of(seen, "bytes", 24)});
    report_curve(table, fmt::format("collective {} {} {}", op, impl, gpus),
                 table.collectives.back().log_us, seen);
  }
}

}  // namespace kvern::calibration
