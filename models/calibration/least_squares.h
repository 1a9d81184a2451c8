// Least squares with coefficients that are never negative: times and joules are sums of costs.
#pragma once

#include <span>
#include <vector>

namespace kvern::calibration {

// `rows` holds the features of each observation, `features` numbers a row. The result minimises
// the sum of (row . x / y - 1)^2: every observation counts by its relative error. y > 0.
std::vector<double> relative_fit(std::span<const double> rows, std::size_t features,
                                 std::span<const double> y);

// How far predictions are from measurements, as shares of the measurements.
struct FitError {
  std::size_t rows = 0;
  double median = 0;
  double mean = 0;
  double p95 = 0;
  double bias = 0;  // mean of predicted / measured - 1
};
FitError fit_error(std::span<const double> predicted, std::span<const double> measured);

}  // namespace kvern::calibration
