// Tables of what token policies cost in quality.
#pragma once

#include <string>
#include <vector>

#include "sim/work_profile.h"

namespace kvern {

using TableLine = std::vector<std::string>;

// Columns as wide as their widest cell; the first to the left, the others to the right.
std::string aligned_table(const std::vector<TableLine>& lines);

// A line a policy and budget: loss, perplexity, agreement with dense attention, the group that lost
// most with its interval, and what was found again where that was asked.
std::string quality_table(const WorkProfile& profile);

}  // namespace kvern
