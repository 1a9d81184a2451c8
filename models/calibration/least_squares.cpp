#include "models/calibration/least_squares.h"

#include <algorithm>
#include <cmath>

namespace kvern::calibration {
namespace {

constexpr int kRounds = 5000;
constexpr double kSettled = 1e-13;

}  // namespace

// Coordinate descent on the normal equations, each column scaled to length 1: with a handful of
// features it settles in a few hundred rounds, and never leaves the non-negative numbers.
std::vector<double> relative_fit(std::span<const double> rows, std::size_t features,
                                 std::span<const double> y) {
  const std::size_t n = features;
  std::vector<double> normal(n * n, 0.0), right(n, 0.0), scale(n, 0.0), x(n, 0.0);
  for (std::size_t r = 0; r < y.size(); ++r) {
    for (std::size_t i = 0; i < n; ++i) {
      const double a = rows[r * n + i] / y[r];
      right[i] += a;
      for (std::size_t j = 0; j < n; ++j) normal[i * n + j] += a * rows[r * n + j] / y[r];
    }
  }
  for (std::size_t i = 0; i < n; ++i) scale[i] = std::sqrt(normal[i * n + i]);
  for (int round = 0; round < kRounds; ++round) {
    double moved = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (scale[i] == 0) continue;
      double gradient = right[i];
      for (std::size_t j = 0; j < n; ++j) gradient -= normal[i * n + j] * x[j];
      const double next = std::max(0.0, x[i] + gradient / normal[i * n + i]);
      moved = std::max(moved, std::abs(next - x[i]) * scale[i]);
      x[i] = next;
    }
    if (moved < kSettled * std::sqrt(static_cast<double>(y.size()))) break;
  }
  return x;
}

FitError fit_error(std::span<const double> predicted, std::span<const double> measured) {
  FitError error;
  error.rows = measured.size();
  if (error.rows == 0) return error;
  std::vector<double> off;
  for (std::size_t i = 0; i < error.rows; ++i) {
    const double relative = predicted[i] / measured[i] - 1;
    error.bias += relative;
    error.mean += std::abs(relative);
    off.push_back(std::abs(relative));
  }
  const auto count = static_cast<double>(error.rows);
  error.bias /= count;
  error.mean /= count;
  std::sort(off.begin(), off.end());
  const auto quantile = [&off](double share) {
    const double position = share * static_cast<double>(off.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, off.size() - 1);
    return off[below] + (position - static_cast<double>(below)) * (off[above] - off[below]);
  };
  error.median = quantile(0.5);
  error.p95 = quantile(0.95);
  return error;
}

}  // namespace kvern::calibration
