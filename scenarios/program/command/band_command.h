// `kvern run --band 90`: how sure is that? Each point of the plan again and again with coefficients
// drawn from their ranges; the band of every number, and how often one point beats another.
#pragma once

#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/command/run_command.h"
#include "scenarios/program/run/plan.h"

namespace kvern {

// The exit code. Writes out/<name>-band-<hash>/band.json; prints the bands, or with --json the
// file.
int band_command(const RunPlan& plan, const RunRequest& request);

// Lower and upper end of the middle `percent` of the values, and their median; linear between order
// statistics. At least one value.
struct Band {
  double low = 0, median = 0, high = 0;
};
Band band_of(std::vector<double> values, double percent);

// In how many percent of the draws a value of `a` lies below that of `b`; ties count half.
double beats_percent(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace kvern
