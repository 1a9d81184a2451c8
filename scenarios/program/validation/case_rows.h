// [case.rows]: the points of a case whose runs are the rows of a table.
#pragma once

#include <cstddef>
#include <vector>

#include "scenarios/program/run/sweep.h"
#include "scenarios/program/validation/case_spec.h"

namespace kvern {

struct RowPoint {
  std::size_t row = 0;
  SweepPoint point;  // settings: what the row sets
};

// A point for each selected row, `root` with the row's keys set. Issues for columns and names that
// are not there. Throws OutsideError.
std::vector<RowPoint> row_points(const CaseRows& rows, const Config& root, Issues& issues);

}  // namespace kvern
