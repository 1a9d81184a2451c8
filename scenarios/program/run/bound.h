// `kvern run --with-bound`: the same scenario again with the clairvoyant eviction policy, in
// processes of their own; its hits less a run's own are the run's `regret`.
#pragma once

#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/run/plan.h"
#include "scenarios/program/run/run.h"

namespace kvern {

struct BoundOutcome {
  int exit_code = 0;               // not good: of the worst run; the rest is then empty
  std::vector<Summary> summaries;  // in the order of the plan's points
};
// Each point of `plan` (of the scenario `file`) under `belady`. Their run folders go beside the
// run's own, out/<name>-<hash>.bound/, which no other run writes to.
BoundOutcome run_bounds(const RunPlan& plan, const std::string& file, const RunOptions& options,
                        Issues& issues);

// Sets `regret` of the run and of each pool, where both hit ratios are known.
void set_regret(const Summary& bound, Summary& summary);

// The run and its bound, a line each; and what the bound is.
std::string bound_table(const Scenario& scenario, const Summary& summary, const Summary& bound);

}  // namespace kvern
