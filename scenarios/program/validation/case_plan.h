// What `kvern validate` is to do for one case: its points, checked before anything runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/program/run/plan.h"
#include "scenarios/program/spec/scenario.h"

namespace kvern {

struct CasePlan {
  std::string file;
  CaseSpec spec;
  std::vector<ExpectSpec> expects;
  std::vector<MeasuredSpec> measured;
  std::vector<SweepPoint> points;   // rows of [case.rows], crossed with sweeps
  std::vector<Scenario> scenarios;  // parallel to points
  std::vector<std::size_t> row_of;  // parallel to points: row of the table; 0 without
  std::string absent;               // data that isn't there: then there are no points
};

// Null with every error of the case. What is wrong with measured files is told too.
std::optional<CasePlan> plan_case(const std::string& file, Issues& issues);

}  // namespace kvern
