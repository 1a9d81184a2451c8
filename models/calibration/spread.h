// The middle and the middle 90 % of some values, as a coefficient of a hardware file.
#pragma once

#include <string>
#include <vector>

#include "models/measured/cost_table.h"

namespace kvern::calibration {

struct Spread {
  double low = 0, middle = 0, high = 0;
  std::size_t rows = 0;
};

Spread spread_of(std::vector<double> values);

// Nothing where there are no rows.
void add_coefficient(measured::CostTable& table, const std::string& key, const Spread& spread,
                     const char* unit, const std::string& what);

}  // namespace kvern::calibration
