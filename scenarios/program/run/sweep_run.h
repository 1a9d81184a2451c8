// Runs the points of a sweep, a process each, and puts their results side by side.
#pragma once

#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/run/plan.h"
#include "scenarios/program/run/run.h"
#include "scenarios/program/terminal/child_processes.h"

namespace kvern {

// In a child process: one run, whose summary is the output (summary_wire.h). The exit code.
int run_child(const Scenario& scenario, const RunOptions& options, std::string& output);
// A broken law weighs most; other failures in the order of the runs.
int worst_exit(const std::vector<ChildResult>& results);

struct SweepOutcome {
  int exit_code = 0;               // not good: of the worst point; nothing else is then whole
  std::vector<Summary> summaries;  // in the order of the points
  std::string json;                // [{"point": {...}, "summary": {...}}, ...]
  std::string folder;              // a sub-folder a point
};
// `bounds`, one a point, or empty: fills `regret`.
SweepOutcome run_sweep(const RunPlan& plan, const RunOptions& options,
                       const std::vector<Summary>& bounds = {});

// [{"point": {...}, "summary": {...}}, ...]
std::string points_json(const std::vector<SweepPoint>& points,
                        const std::vector<Summary>& summaries);

// One line a point: what was set, then the main numbers.
std::string sweep_table(const std::vector<SweepPoint>& points,
                        const std::vector<Summary>& summaries);

}  // namespace kvern
