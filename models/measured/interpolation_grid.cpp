#include "models/measured/interpolation_grid.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/base/exact_math.h"

namespace kvern::measured {
namespace {

constexpr int kMostRounds = 400;
constexpr double kSmallEnough = 1e-9;  // of the first residual

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

InterpolationGrid::InterpolationGrid(std::vector<Axis> axes) : axes_(std::move(axes)) {
  std::size_t count = 1;
  for (const Axis& axis : axes_) count *= axis.knots.size();
  values_.assign(count, 0.0);
  set_logs();
}

InterpolationGrid::InterpolationGrid(std::vector<Axis> axes, std::vector<double> values)
    : axes_(std::move(axes)), values_(std::move(values)) {
  set_logs();
}

void InterpolationGrid::set_logs() {
  logs_.clear();
  for (const Axis& axis : axes_) {
    std::vector<double>& logs = logs_.emplace_back();
    for (const double knot : axis.knots) logs.push_back(exact::log1p(knot));
  }
}

InterpolationGrid::Corners InterpolationGrid::corners(const Point& x) const {
  Corners c;
  c.count = 1;
  c.index[0] = 0;
  c.share[0] = 1;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const std::vector<double>& knots = logs_[a];
    const double u = exact::log1p(std::max(0.0, x[a]));
    std::size_t cell = 0;
    while (cell + 2 < knots.size() && u >= knots[cell + 1]) ++cell;
    double upper = 0;
    if (knots.size() > 1) {
      upper = std::clamp((u - knots[cell]) / (knots[cell + 1] - knots[cell]), 0.0, 1.0);
    }
    const std::size_t before = c.count;
    for (std::size_t i = 0; i < before; ++i) {
      const std::size_t base = c.index[i] * knots.size() + cell;
      if (upper > 0) {
        c.index[c.count] = base + 1;
        c.share[c.count++] = c.share[i] * upper;
      }
      c.index[i] = base;
      c.share[i] *= 1 - upper;
    }
  }
  return c;
}

double InterpolationGrid::at(const Point& x) const {
  if (values_.empty()) return 0;
  const Corners c = corners(x);
  double sum = 0;
  for (std::size_t i = 0; i < c.count; ++i) sum += c.share[i] * values_[c.index[i]];
  return sum;
}

bool InterpolationGrid::covers(const Point& x) const {
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (x[a] < axes_[a].knots.front() || x[a] > axes_[a].knots.back()) return false;
  }
  return !axes_.empty();
}

// Minimises sum of w (A v - y)^2 + ridge v^2: conjugate gradients on the normal equations.
void InterpolationGrid::fit(std::span<const Observation> observations, double ridge) {
  std::vector<Corners> rows;
  rows.reserve(observations.size());
  for (const Observation& o : observations) rows.push_back(corners(o.at));
  const std::size_t n = values_.size();
  std::vector<double> residual(n, 0.0), direction, product(n);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double pull = observations[r].weight * observations[r].value;
    for (std::size_t i = 0; i < rows[r].count; ++i) {
      residual[rows[r].index[i]] += rows[r].share[i] * pull;
    }
  }
  values_.assign(n, 0.0);
  direction = residual;
  double size = dot(residual, residual);
  const double enough = size * kSmallEnough * kSmallEnough;
  for (int round = 0; round < kMostRounds && size > enough; ++round) {
    for (std::size_t i = 0; i < n; ++i) product[i] = ridge * direction[i];
    for (std::size_t r = 0; r < rows.size(); ++r) {
      double sum = 0;
      for (std::size_t i = 0; i < rows[r].count; ++i) {
        sum += rows[r].share[i] * direction[rows[r].index[i]];
      }
      sum *= observations[r].weight;
      for (std::size_t i = 0; i < rows[r].count; ++i) {
        product[rows[r].index[i]] += rows[r].share[i] * sum;
      }
    }
    const double step = size / dot(direction, product);
    for (std::size_t i = 0; i < n; ++i) {
      values_[i] += step * direction[i];
      residual[i] -= step * product[i];
    }
    const double next = dot(residual, residual);
    for (std::size_t i = 0; i < n; ++i) direction[i] = residual[i] + next / size * direction[i];
    size = next;
  }
}

double size_curve(const InterpolationGrid& log_values, double x) {
  const std::vector<double>& knots = log_values.axes()[0].knots;
  const std::vector<double>& logs = log_values.values();
  if (x <= knots.front()) return exact::exp(logs.front());
  if (x >= knots.back()) return exact::exp(logs.back()) * x / knots.back();
  std::size_t i = 0;
  while (x >= knots[i + 1]) ++i;
  const double share = (x - knots[i]) / (knots[i + 1] - knots[i]);
  return (1 - share) * exact::exp(logs[i]) + share * exact::exp(logs[i + 1]);
}

std::vector<double> spread_knots(std::vector<double> values, std::size_t most) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() <= most || most < 2) return values;
  const double low = exact::log1p(values.front());
  const double high = exact::log1p(values.back());
  std::vector<double> knots;
  std::size_t taken = 0;  // values[0 .. taken) are used or passed over
  for (std::size_t i = 0; i < most; ++i) {
    const double want = low + (high - low) * static_cast<double>(i) / static_cast<double>(most - 1);
    // The nearest one left.
    std::size_t best = taken;
    for (std::size_t j = taken; j < values.size(); ++j) {
      if (std::abs(exact::log1p(values[j]) - want) < std::abs(exact::log1p(values[best]) - want)) {
        best = j;
      }
    }
    if (best < values.size()) knots.push_back(values[best]);
    taken = best + 1;
    if (taken >= values.size()) break;
  }
  if (knots.back() != values.back()) knots.back() = values.back();
  return knots;
}

}  // namespace kvern::measured
