// The bar of a comparison: "3 %" relative, "3 points" of a share, "exact".
#pragma once

#include <optional>
#include <string>

#include "sim/base/config/config.h"

namespace kvern {

struct Bar {
  double share = 0;     // the largest |error| that is good
  bool points = false;  // errors are differences of shares, not relative
};

// Null with the reason in `why`.
std::optional<Bar> read_bar(const Config& value, std::string& why);

// "3 %", "3 points", "exact".
std::string bar_text(const Bar& bar);

}  // namespace kvern
