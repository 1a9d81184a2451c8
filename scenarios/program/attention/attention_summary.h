// What a scenario with [attention] says of one policy under one budget.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/attention/attention_scenario.h"
#include "sim/attention/machine/open_loop.h"
#include "sim/hardware.h"
#include "sim/work_profile.h"

namespace kvern {

// All names, of nothing.
Summary attention_summary_names();

// Of the point's policy. Joules are those of the cache's bytes and of attention's and the policy's
// arithmetic on `hardware`, a token and all layers; not those of weights, whose share is the
// batch's.
struct AttentionPoint {
  const WorkProfile& profile;
  const std::vector<AttentionRow>& rows;  // of the run
  const HardwareSpec& hardware;
  std::uint32_t policy = 0;  // index of the rows
  std::string name;          // with its budget
};
Summary attention_summary(const AttentionPoint& point);

// A line a policy and budget.
std::string attention_summary_table(const std::vector<SweepPoint>& points,
                                    const std::vector<Summary>& summaries);

}  // namespace kvern
