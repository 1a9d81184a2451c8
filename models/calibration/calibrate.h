// From folders of measurements to a cost table.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/measured/cost_table.h"
#include "sim/base/config/issues.h"
#include "sim/hardware.h"
#include "sim/llm.h"

namespace kvern::calibration {

struct CalibrationRequest {
  std::vector<std::string> folders;  // the most trusted first
  // Rows of attention_mixed.csv with unequal decode lengths hold this many calls, summed.
  double summed_forwards = 1;
};

// `models`: the shapes behind the names in step.csv. Nothing with issues. Throws OutsideError.
std::optional<measured::CostTable> calibrate(const CalibrationRequest& request,
                                             const HardwareSpec& hardware,
                                             const std::map<std::string, LlmSpec>& models,
                                             Issues& issues);

}  // namespace kvern::calibration
