// The measurements of a [[measured]] beside what a run recorded.
#pragma once

#include <string>
#include <vector>

#include "analysis/summary/comparison.h"
#include "analysis/summary/summary.h"
#include "scenarios/program/spec/scenario.h"

namespace kvern {

// A pair, in base units, the group it belongs to ("" without), and the row of the file (of a
// series: the bin) that it comes from, from 0.
struct MeasuredPair {
  Pair pair;
  std::string group;
  std::size_t row = 0;
};

struct FinishedRun {
  const Scenario& scenario;
  const Summary& summary;
  std::string records;  // path of records.h5
};

// What records.h5 must hold for these comparisons.
void record_what_is_measured(const std::vector<MeasuredSpec>& measured, Scenario& scenario);

// Of kind "requests", "steps" or "series". The column was checked. Throws OutsideError.
std::vector<MeasuredPair> request_pairs(const MeasuredSpec& spec, const FinishedRun& run);
std::vector<MeasuredPair> step_pairs(const MeasuredSpec& spec, const FinishedRun& run);
std::vector<MeasuredPair> series_pairs(const MeasuredSpec& spec, const FinishedRun& run);

// One line of the table: the whole ("" group), then each group.
struct MeasuredResult {
  std::string group;
  Comparison comparison;
};
std::vector<MeasuredResult> summarise(const MeasuredSpec& spec,
                                      const std::vector<MeasuredPair>& pairs);

}  // namespace kvern
