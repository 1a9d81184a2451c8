// Matrix products. The source with a whole lattice of shapes gives the shares of the peaks and a
// grid of corrections over m, n, k; shapes measured elsewhere (a model's own layers) correct that
// along m, and their neighbours with them.
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "models/calibration/fits.h"
#include "sim/base/exact_math.h"

namespace kvern::calibration {
namespace {

using measured::GemmCurve;
using measured::GemmModel;
using measured::InterpolationGrid;
using measured::Observation;
using Shape = std::pair<double, double>;  // n, k

constexpr std::size_t kLatticeShapes = 60;
constexpr double kSmallestSide = 256;  // thinner products are no layer of a language model
constexpr double kGemmRidge = 0.05;

std::set<Shape> shapes_of(const std::vector<GemmRow>& rows) {
  std::set<Shape> shapes;
  for (const GemmRow& row : rows) shapes.insert({row.n, row.k});
  return shapes;
}

// Weights that stay in the L2 cache between calls are not what a model's layers find: too fast for
// the memory, or all copies together smaller than the cache.
bool from_cache(const HardwareSpec& h, const GemmRow& row, double weight_bytes) {
  const double bytes = row.n * row.k * weight_bytes;
  if (bytes / (row.us * 1e-6) > h.memory_bytes_per_second) return true;
  const double copies = row.weight_copies.value_or(1);
  constexpr double kWeightBound = 256;  // rows; above, arithmetic hides the weights
  return copies > 1 && h.l2_bytes && bytes * copies < static_cast<double>(*h.l2_bytes) &&
         row.m <= kWeightBound;
}

std::vector<GemmRow> usable_rows(const FitContext& context, const Source& source,
                                 const std::string& dtype) {
  const double bytes = dtype == "bf16" || dtype == "fp16" ? 2 : 1;
  std::vector<GemmRow> rows;
  for (const GemmRow& row : source.gemm) {
    if (row.dtype != dtype || row.n < kSmallestSide || row.k < kSmallestSide || row.us <= 0) {
      continue;
    }
    if (!from_cache(*context.hardware, row, bytes)) rows.push_back(row);
  }
  return rows;
}

double mean_error(const GemmModel& model, const HardwareSpec& hardware,
                  const std::vector<GemmRow>& rows, std::size_t stride) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < rows.size(); i += stride) {
    const GemmRow& r = rows[i];
    const double us = model.fixed_us + model.bounds(hardware, r.m, r.n, r.k).seconds() * 1e6;
    sum += std::abs(us / r.us - 1);
    ++count;
  }
  return sum / count;
}

// Shares of the peaks and fixed time by a search around ever smaller steps.
void fit_bounds(const HardwareSpec& hardware, const std::vector<GemmRow>& rows, GemmModel& model) {
  const std::size_t stride = std::max<std::size_t>(1, rows.size() / 4000);
  model.compute_share = 0.75;
  model.memory_share = 0.85;
  model.fixed_us = 3;
  double best = mean_error(model, hardware, rows, stride);
  for (double step = 0.16; step > 0.004; step /= 2) {
    for (bool better = true; better;) {
      better = false;
      for (double GemmModel::*member :
           {&GemmModel::compute_share, &GemmModel::memory_share, &GemmModel::fixed_us}) {
        for (const double factor : {1 + step, 1 / (1 + step)}) {
          GemmModel other = model;
          other.*member *= factor;
          const double error = mean_error(other, hardware, rows, stride);
          if (error >= best) continue;
          best = error;
          model = other;
          better = true;
        }
      }
    }
  }
}

std::vector<Observation> ratios(const GemmModel& model, const HardwareSpec& hardware,
                                const std::vector<GemmRow>& rows) {
  std::vector<Observation> seen;
  for (const GemmRow& row : rows) {
    const double us = model.us(hardware, row.m, row.n, row.k);
    seen.push_back({{row.m, row.n, row.k}, exact::log(row.us / us), 1});
  }
  return seen;
}

InterpolationGrid lattice_grid(const std::vector<GemmRow>& rows) {
  std::vector<double> m, n, k;
  for (const GemmRow& row : rows) {
    m.push_back(row.m);
    n.push_back(row.n);
    k.push_back(row.k);
  }
  return InterpolationGrid({{"m", measured::spread_knots(m, 20)},
                            {"n", measured::spread_knots(n, 9)},
                            {"k", measured::spread_knots(k, 9)}});
}

template <class Predict>
void report_rows(CostTable& table, const std::string& part, const std::string& how,
                 const std::vector<GemmRow>& rows, const Predict& predict) {
  std::vector<double> predicted, measured;
  for (const GemmRow& row : rows) {
    predicted.push_back(predict(row));
    measured.push_back(row.us);
  }
  report(table, part, how, predicted, measured);
}

// The grid of corrections, and its error on shapes left out of it.
void fit_lattice(const FitContext& context, const std::vector<GemmRow>& rows,
                 const std::string& part, GemmModel& model, CostTable& table) {
  const HardwareSpec& hardware = *context.hardware;
  const std::vector<Observation> seen = ratios(model, hardware, rows);
  const std::set<Shape> shapes = shapes_of(rows);
  std::vector<GemmRow> left_out;
  std::vector<double> predicted, measured;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<Observation> kept;
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto number = static_cast<std::size_t>(
          std::distance(shapes.begin(), shapes.find({rows[i].n, rows[i].k})));
      if (number % kFolds == fold) {
        out.push_back(i);
      } else {
        kept.push_back(seen[i]);
      }
    }
    InterpolationGrid grid = lattice_grid(rows);
    grid.fit(kept, kGemmRidge);
    for (const std::size_t i : out) {
      const double base = model.us(hardware, rows[i].m, rows[i].n, rows[i].k);
      predicted.push_back(base * exact::exp(grid.at(seen[i].at)));
      measured.push_back(rows[i].us);
    }
  }
  model.log_ratio = lattice_grid(rows);
  model.log_ratio.fit(seen, kGemmRidge);
  report_rows(table, part, "fit", rows,
              [&](const GemmRow& r) { return model.us(hardware, r.m, r.n, r.k); });
  report(table, part, "shapes left out, 5-fold", predicted, measured);
}

GemmCurve curve_of(const std::vector<Observation>& seen, const Shape& shape) {
  std::vector<double> m;
  m.reserve(seen.size());
  for (const Observation& o : seen) m.push_back(o.at[0]);
  InterpolationGrid grid({{"m", measured::spread_knots(m, 40)}});
  grid.fit(seen, 1e-3);
  return {shape.first, shape.second, grid.axes()[0].knots, grid.values()};
}

void fit_curves(const FitContext& context, const Source& source, const std::vector<GemmRow>& rows,
                GemmModel& model, CostTable& table) {
  const HardwareSpec& hardware = *context.hardware;
  const GemmModel without = model;
  std::vector<double> predicted, measured;
  for (const Shape& shape : shapes_of(rows)) {
    std::vector<GemmRow> own;
    for (const GemmRow& row : rows) {
      if (Shape{row.n, row.k} == shape) own.push_back(row);
    }
    const std::vector<Observation> seen = ratios(without, hardware, own);
    // Every fifth row left out, where enough stay.
    if (own.size() >= 4 * kFolds) {
      std::vector<Observation> kept;
      for (std::size_t i = 0; i < seen.size(); ++i) {
        if (i % kFolds != 2) kept.push_back(seen[i]);
      }
      GemmModel other = without;
      other.curves = {curve_of(kept, shape)};
      for (std::size_t i = 2; i < own.size(); i += kFolds) {
        predicted.push_back(other.us(hardware, own[i].m, own[i].n, own[i].k));
        measured.push_back(own[i].us);
      }
    }
    model.curves.push_back(curve_of(seen, shape));
  }
  const std::string part = "gemm " + model.dtype + " " + source.name;
  report_rows(table, part, "fit", rows,
              [&](const GemmRow& r) { return model.us(hardware, r.m, r.n, r.k); });
  if (!measured.empty()) report(table, part, "rows left out", predicted, measured);
}

// Curves are relative to the model without curves of others.
void fit_dtype(const FitContext& context, const std::string& dtype, CostTable& table) {
  GemmModel model;
  model.dtype = dtype;
  const Source* lattice = nullptr;
  std::vector<GemmRow> rows;
  for (const Source& source : context.sources) {
    std::vector<GemmRow> own = usable_rows(context, source, dtype);
    if (lattice == nullptr && shapes_of(own).size() >= kLatticeShapes) {
      lattice = &source;
      rows = std::move(own);
    }
  }
  if (lattice == nullptr) {
    for (const Source& source : context.sources) {
      for (const GemmRow& row : usable_rows(context, source, dtype)) rows.push_back(row);
    }
  }
  if (rows.empty()) return;
  fit_bounds(*context.hardware, rows, model);
  const std::string part = "gemm " + dtype;
  report_rows(table, part, "bounds alone", rows,
              [&](const GemmRow& r) { return model.us(*context.hardware, r.m, r.n, r.k); });
  if (lattice != nullptr) fit_lattice(context, rows, part + " " + lattice->name, model, table);
  const GemmModel without = model;
  for (const Source& source : context.sources) {
    if (&source == lattice) continue;
    const std::vector<GemmRow> own = usable_rows(context, source, dtype);
    if (own.empty()) continue;
    GemmModel fitted = without;
    fit_curves(context, source, own, fitted, table);
    for (GemmCurve& curve : fitted.curves) {
      const bool known =
          std::any_of(model.curves.begin(), model.curves.end(),
                      [&curve](const GemmCurve& c) { return c.n == curve.n && c.k == curve.k; });
      if (!known) model.curves.push_back(std::move(curve));
    }
  }
  table.gemm.push_back(std::move(model));
}

}  // namespace

void fit_gemm(const FitContext& context, CostTable& table) {
  std::set<std::string> dtypes;
  for (const Source& source : context.sources) {
    for (const GemmRow& row : source.gemm) dtypes.insert(row.dtype);
  }
  for (const std::string& dtype : dtypes) fit_dtype(context, dtype, table);
}

void report(CostTable& table, const std::string& part, const std::string& how,
            std::span<const double> predicted, std::span<const double> measured) {
  const FitError error = fit_error(predicted, measured);
  table.errors.push_back(
      {part, how, static_cast<double>(error.rows), error.median, error.p95, error.bias});
}

}  // namespace kvern::calibration
