// What a point of a case tells its parent: one process runs one point.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/validation/measured_run.h"

namespace kvern {

struct PointResult {
  // By the index of the [[measured]].
  std::vector<std::pair<std::size_t, MeasuredResult>> results;
  std::vector<std::pair<std::size_t, MeasuredPair>> pairs;  // where they were asked for
  Summary summary;
};

std::string point_text(const PointResult& result);
PointResult read_point(const std::string& text);

}  // namespace kvern
