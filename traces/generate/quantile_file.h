// A CSV of quantiles: a header line, a column `percent` (rising, 0 to 100), columns of values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/base/config/issues.h"

namespace kvern {

struct QuantileColumns {
  std::vector<double> percents;
  std::vector<std::vector<double>> values;  // one a column asked for
};

// `path` is relative to the file of `named_at`. A missing file or column, or a cell that is no
// number, is an issue.
std::optional<QuantileColumns> read_quantile_file(const Location& named_at, const std::string& path,
                                                  const std::vector<std::string>& columns,
                                                  Issues& issues);

// What keeps these from being a distribution, or "": lengths differ, fewer than two, not rising,
// not positive.
std::string quantile_problem(const std::vector<double>& percents,
                             const std::vector<double>& values);

}  // namespace kvern
