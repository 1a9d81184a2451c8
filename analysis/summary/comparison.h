// How far predictions are from measurements, as one number.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvern {

struct Pair {
  double predicted = 0;
  double measured = 0;
};

// mean, total, p50, p90, p95, p99 and max of the values ("value_p90"): error = predicted /
// measured - 1. median, p95, mape: of the pairs' |predicted / measured - 1|; pairs measured as 0
// have none and are left out. exact: the share of pairs that differ.
struct Comparison {
  std::optional<double> predicted, measured;  // exact: pairs, and how many of them are equal
  std::optional<double> error;                // a share; with `points` the plain difference
  std::size_t pairs = 0;
};
// `points`: errors are differences (of shares), not relative.
Comparison compare(const std::vector<Pair>& pairs, std::string_view statistic, bool points);

const std::vector<std::string>& comparison_statistics();
// "percentile" of numpy's default: linear between order statistics. Null of nothing.
std::optional<double> percentile(std::vector<double> values, double share);

}  // namespace kvern
