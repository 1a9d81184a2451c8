// Random small scenarios: pools from 4 blocks, ties in time, every engine switch.
#pragma once

#include <cstdint>
#include <string>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {

Lab random_lab(std::uint64_t seed);
// Prefixes that return, a pool too small for them and tiers below it.
Lab random_tier_lab(std::uint64_t seed);
std::string describe(const Lab& lab);

}  // namespace kvern::lab
