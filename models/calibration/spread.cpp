#include "models/calibration/spread.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/exact_math.h"

namespace kvern::calibration {

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Spread spread;
  spread.rows = values.size();
  if (values.empty()) return spread;
  const auto at = [&values](double share) {
    const double position = share * static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(exact::nearest_whole(position))];
  };
  spread = {at(0.05), at(0.5), at(0.95), values.size()};
  return spread;
}

void add_coefficient(measured::CostTable& table, const std::string& key, const Spread& spread,
                     const char* unit, const std::string& what) {
  if (spread.rows == 0) return;
  table.coefficients.push_back(
      {key, spread.middle, spread.low, spread.high, unit,
       fmt::format("kvern calibrate: {} ({} rows, 5 to 95 %)", what, spread.rows)});
}

}  // namespace kvern::calibration
