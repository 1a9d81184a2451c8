// Judges the claims of [[expect]] by the summaries of a run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/run/sweep.h"

namespace kvern {

struct Verdict {
  bool met = false;
  bool is_known() const { return !met && !known.empty(); }  // missed, and the file says why
  std::string line;  // "ok    ttft_ms_mean = 1.18 ms, expected 1.2 ms within 15 % (fig 5)"
  std::string metric, unit, point;          // unit "" for ratios; point "" without a sweep
  std::string sense, source, peers, known;  // as in ExpectSpec
  std::optional<double> got;                // null: unknown
  double expected = 0;
  double tolerance = 0;  // in the metric's unit
};

// What can be seen before the run: a metric that no summary has, a value in the wrong unit, a point
// that the sweep does not visit. `names` is a summary of the same pools (its values don't matter).
void check_expects(const std::vector<ExpectSpec>& expects, const std::vector<SweepPoint>& points,
                   const Summary& names, Issues& issues);

// An issue at `where` when no summary has the name ("pools.0.ttft_ms_mean" is a pool's).
void check_summary_name(const std::string& name, const Summary& names, const Location& where,
                        Issues& issues);

// The number under a name; unknown where there is none.
std::optional<double> summary_number(const Summary& summary, std::string_view name);
// Its unit, "" without one.
std::string summary_unit(const Summary& summary, std::string_view name);

// One verdict a claim and point it speaks of; `summaries` are parallel to `points`. A value that is
// unknown misses.
std::vector<Verdict> judge(const std::vector<ExpectSpec>& expects,
                           const std::vector<SweepPoint>& points,
                           const std::vector<Summary>& summaries);

}  // namespace kvern
