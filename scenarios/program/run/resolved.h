// scenario.resolved.toml: the scenario with every default filled in, from the keys that were read.
// Running it gives the same run.
#pragma once

#include <string>

#include "sim/base/config/parameters.h"

namespace kvern {

// `as_point`: of a sweep; what speaks of several points is left out.
std::string resolved_toml(const KeyBook& book, bool as_point);

}  // namespace kvern
