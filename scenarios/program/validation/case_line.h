// The rows of the table that `kvern validate` prints.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/summary/summary.h"
#include "analysis/text/data_table.h"
#include "scenarios/program/validation/case_plan.h"
#include "scenarios/program/validation/measured_run.h"

namespace kvern {

struct CaseLine {
  std::string what;   // "ttft_ms mean", "energy_j"
  std::string point;  // of a sweep, or the group
  std::optional<double> predicted, measured;
  std::string unit;             // "ms"; "" = none
  std::optional<double> error;  // a share
  bool points = false;          // the error is a difference of shares
  std::string bar;              // "3 %"; "" = none
  std::string verdict;  // "ok", "OUTSIDE", "known" (outside, and the case says why), "reported";
                        // without an error and with a bar "UNKNOWN"
  std::string known;    // why it is outside today, as the case says; "" = it does not
  std::string source, peers, note;
  std::size_t pairs = 0;  // compared; 0: of an [[expect]]
};

// A prediction beside its measurement: what a line was made of.
struct CaseRow {
  std::string what;      // of its line
  std::string point;     // what the run set: "pool.0.model=llama-3.1-8b, ..."; "" = nothing
  std::string group;     // its value in the column `group`
  std::size_t row = 0;   // of the file (of a series: the bin), from 1
  double predicted = 0;  // in `unit`
  double measured = 0;
  std::string unit;
  std::optional<double> error;  // predicted / measured - 1, or the difference of shares
};

struct CaseReport {
  std::string name, source, note;
  std::string verdict;  // "ok", "OUTSIDE", "known" (nothing else is outside), "reported", "FAILED",
                        // "skipped: no data at ...", "needs P/D": the last two don't count
  std::vector<CaseLine> lines;
  std::vector<CaseRow> rows;  // where they were asked for
};

CaseLine line_of(const MeasuredSpec& spec, const std::string& point, const MeasuredResult& result);

// The claims of [[expect]] and the [[measured]] of kind "rows", from the points' summaries
// (parallel to plan.points).
std::vector<CaseLine> lines_of_expects(const CasePlan& plan, const std::vector<Summary>& summaries);
std::vector<CaseLine> lines_of_rows(const CasePlan& plan, const std::vector<Summary>& summaries,
                                    std::vector<CaseRow>& pairs);

// Pairs as rows; of statistic "exact" those that differ.
void append_rows(const MeasuredSpec& spec, const std::string& point,
                 const std::vector<MeasuredPair>& pairs, const NamedUnit& unit,
                 std::vector<CaseRow>& rows);

// Fills report.verdict from its lines.
void judge_lines(CaseReport& report);

std::string cases_text(const std::vector<CaseReport>& reports);
std::string cases_json(const std::vector<CaseReport>& reports);

}  // namespace kvern
