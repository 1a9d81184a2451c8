// The fits that make a cost table, a kind of kernel each. Each appends what it found to `table`,
// with its errors on the rows it was fitted to and, where there are enough, on rows left out.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "models/calibration/least_squares.h"
#include "models/calibration/measurements.h"
#include "models/measured/cost_table.h"
#include "sim/hardware.h"
#include "sim/llm.h"

namespace kvern::calibration {

using measured::CostTable;

// Errors on rows left out: a fit for each part of this many, judged on that part.
inline constexpr std::size_t kFolds = 5;

struct FitContext {
  const HardwareSpec* hardware = nullptr;  // peaks, multiprocessors, L2
  std::map<std::string, LlmSpec> models;   // by their names in step.csv
  std::span<const Source> sources;         // the most trusted first
};

void fit_gemm(const FitContext& context, CostTable& table);
void fit_experts(const FitContext& context, CostTable& table);
void fit_attention(const FitContext& context, CostTable& table);
void fit_elementwise(const FitContext& context, CostTable& table);
void fit_collectives(const FitContext& context, CostTable& table);
// After the kernels: what whole steps take beyond them.
void fit_steps(const FitContext& context, CostTable& table);
// Joules and the shares of the peaks, as coefficients of a hardware file.
void fit_power(const FitContext& context, CostTable& table);
void fit_efficiencies(const FitContext& context, CostTable& table);

void report(CostTable& table, const std::string& part, const std::string& how,
            std::span<const double> predicted, std::span<const double> measured);

}  // namespace kvern::calibration
