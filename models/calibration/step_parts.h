// A whole step as the sum of its kernels, by the fits of a cost table.
#pragma once

#include "models/calibration/measurements.h"
#include "models/measured/cost_table.h"
#include "sim/hardware.h"
#include "sim/llm.h"

namespace kvern::calibration {

// All 0 where the table can't price the model.
struct StepParts {
  double us = 0;
  double arithmetic_us = 0;  // of us: kernels bound by arithmetic, which follow the clock
  double gemm_flops = 0;     // executed, rows padded
  double attention_flops = 0;
  double bytes = 0;  // of HBM
};

// One step of `model` on one GPU.
StepParts step_parts(const measured::CostTable& table, const HardwareSpec& hardware,
                     const LlmSpec& model, const StepRow& row);

}  // namespace kvern::calibration
