// Runs a scenario with [attention] into its folder: scenario.resolved.toml, manifest.toml,
// work_profile.h5, summary.json and, where there are several budgets, frontier.svg.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/attention/attention_scenario.h"

namespace kvern {

struct AttentionOutcome {
  std::vector<Summary> summaries;  // of each point
  std::string json;                // [{"point": {...}, "summary": {...}}, ...]
  std::string folder;
};

// Null with issues. Throws OutsideError.
std::optional<AttentionOutcome> run_attention_scenario(const AttentionScenario& scenario,
                                                       const std::string& out, Issues& issues);

}  // namespace kvern
