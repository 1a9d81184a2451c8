#include "analysis/summary/comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kvern {
namespace {

std::optional<double> difference(const std::optional<double>& predicted,
                                 const std::optional<double>& measured, bool points) {
  if (!predicted || !measured) return std::nullopt;
  if (points) return *predicted - *measured;
  if (*measured == 0) return *predicted == 0 ? std::optional(0.0) : std::nullopt;
  return *predicted / *measured - 1;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

// Of "p90" and "value_p90": 0.9.
std::optional<double> share_of(std::string_view statistic) {
  if (statistic == "median") return 0.5;
  if (!statistic.starts_with("p")) return std::nullopt;
  int percent = 0;
  const char* end = statistic.data() + statistic.size();
  const auto result = std::from_chars(statistic.data() + 1, end, percent);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return percent / 100.0;
}

std::vector<double> errors_of(const std::vector<Pair>& pairs, bool points) {
  std::vector<double> errors;
  for (const Pair& pair : pairs) {
    const auto error = difference(pair.predicted, pair.measured, points);
    if (error) errors.push_back(std::abs(*error));
  }
  return errors;
}

}  // namespace

const std::vector<std::string>& comparison_statistics() {
  static const std::vector<std::string> names{"mean",      "total",     "median",    "p95",
                                              "mape",      "exact",     "value_p50", "value_p90",
                                              "value_p95", "value_p99", "value_max"};
  return names;
}

std::optional<double> percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (place - static_cast<double>(below));
}

Comparison compare(const std::vector<Pair>& pairs, std::string_view statistic, bool points) {
  Comparison out;
  out.pairs = pairs.size();
  if (pairs.empty()) return out;
  const auto count = static_cast<double>(pairs.size());
  if (statistic == "exact") {
    const auto same = std::count_if(pairs.begin(), pairs.end(), [](const Pair& pair) {
      return pair.predicted == pair.measured;
    });
    out.predicted = static_cast<double>(same);
    out.measured = count;
    out.error = (count - *out.predicted) / count;
    return out;
  }
  std::vector<double> predicted;
  std::vector<double> measured;
  for (const Pair& pair : pairs) {
    predicted.push_back(pair.predicted);
    measured.push_back(pair.measured);
  }
  if (statistic.starts_with("value_")) {
    const std::string_view which = statistic.substr(6);
    const double share = which == "max" ? 1.0 : share_of(which).value_or(0.5);
    out.predicted = percentile(predicted, share);
    out.measured = percentile(measured, share);
    out.error = difference(out.predicted, out.measured, points);
    return out;
  }
  const double divisor = statistic == "total" ? 1 : count;
  out.predicted = sum(predicted) / divisor;
  out.measured = sum(measured) / divisor;
  if (statistic == "mean" || statistic == "total") {
    out.error = difference(out.predicted, out.measured, points);
    return out;
  }
  const std::vector<double> errors = errors_of(pairs, points);
  if (statistic == "mape") {
    if (!errors.empty()) out.error = sum(errors) / static_cast<double>(errors.size());
  } else {
    out.error = percentile(errors, share_of(statistic).value_or(0.5));
  }
  return out;
}

}  // namespace kvern
