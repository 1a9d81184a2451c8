// What a `run` is to do: the scenario file with the command line's changes, as points.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/command/run_command.h"
#include "scenarios/program/run/sweep.h"
#include "scenarios/program/spec/scenario.h"

namespace kvern {

struct RunPlan {
  bool is_sweep = false;
  std::string name;      // of the scenario
  std::string resolved;  // of the scenario as a whole, before its points
  std::vector<ExpectSpec> expects;
  std::vector<SweepPoint> points;   // one without a sweep
  std::vector<Scenario> scenarios;  // parallel to points
};

// Null with every error of the file, of the command line and of all points.
std::optional<RunPlan> make_plan(const RunRequest& request, Issues& issues);

// Appends what `all` does not say yet: points share most of a file, so each issue is told once.
void append_new(Issues& all, const Issues& more);

// A summary with the names and pools that a run of the scenario has, of nothing.
Summary empty_summary(const Scenario& scenario);

}  // namespace kvern
