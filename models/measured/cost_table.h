// What the kernels of one GPU take, fitted to measurements by `kvern calibrate` and kept in a file
// (models/hardware/<name>.cost.h5). Plain data; evaluated once a deployment, not once a step.
// Times are microseconds on one GPU.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/measured/interpolation_grid.h"
#include "models/roofline/gemm.h"
#include "sim/hardware.h"

namespace kvern::measured {

// A shape that was measured by itself: ln(measured / modelled) along m.
struct GemmCurve {
  double n = 0;
  double k = 0;
  std::vector<double> m;
  std::vector<double> log_ratio;
};

// out[m, n] = a[m, k] * w[k, n]: tiles and waves (models/roofline/gemm.h) at fitted shares of the
// peaks, times exp(grid over m, n, k), times exp(curves of the nearest measured shapes).
struct GemmModel {
  std::string dtype;
  double fixed_us = 0;
  double compute_share = 0;
  double memory_share = 0;
  InterpolationGrid log_ratio;
  std::vector<GemmCurve> curves;

  // Without the corrections: fixed time and bounds.
  roofline::GemmCost bounds(const HardwareSpec& hardware, double m, double n, double k,
                            double groups = 1) const;
  double log_correction(double m, double n, double k) const;
  double us(const HardwareSpec& hardware, double m, double n, double k, double groups = 1) const;
  double weight_bytes() const { return dtype == "bf16" || dtype == "fp16" ? 2 : 1; }
};

// A fused layer of experts: a fixed time, and so many times the bounds of its two grouped products.
struct ExpertsModel {
  std::string dtype;
  double fixed_us = 0;
  double scale = 0;
};

// One layer's attention of a step. Sums over the chunks: `query` tokens computed, `pairs` of a
// query and a key, `keys` read (before and in the chunk).
struct AttentionLoad {
  double heads = 0;
  double kv_heads = 0;
  double chunks = 0;
  double query = 0;
  double pairs = 0;
  double keys = 0;
  double decodes = 0;
  double kv_tokens = 0;  // of the decodes, each with the token being decoded
  double longest = 0;    // of them
};

enum class AttentionKind : std::uint8_t { Decode, Prefill, Mixed };

// Features x coefficients, times exp(grid), plus what decodes of unequal lengths add.
struct AttentionModel {
  AttentionKind kind = AttentionKind::Decode;
  std::string impl;
  std::string dtype;
  double head_dim = 0;
  std::vector<double> coefficients;  // us a feature
  InterpolationGrid log_ratio;
  // us a token by which the longest context exceeds the mean one, along the number of decodes.
  InterpolationGrid skew_us;

  double base_us(const AttentionLoad& load) const;
  double ratio(const AttentionLoad& load) const;
  double us(const AttentionLoad& load) const;  // without the skew
};
inline constexpr std::size_t kAttentionFeatures = 7;
std::array<double, kAttentionFeatures> attention_features(AttentionKind kind,
                                                          const AttentionLoad& load);
Point attention_point(AttentionKind kind, const AttentionLoad& load);

// The kernels of one source (one inference stack): a deployment takes all of them from one.
struct AttentionFamily {
  std::string name;  // of the folder that was measured
  std::vector<AttentionModel> models;
};

// us of one kernel along tokens x width; log_us holds its logarithm.
struct ElementwiseCurve {
  std::string op;
  InterpolationGrid log_us;
};

struct CollectiveCurve {
  std::string op;
  std::string impl;
  double gpus = 0;
  InterpolationGrid log_us;  // along bytes of the whole message
};

// What whole steps take beyond the sum of their kernels.
struct StepModel {
  double graph_step_us = 0;   // each replay of a captured graph
  double eager_layer_us = 0;  // a layer launched kernel by kernel never takes less
  double eager_share = 1;     // device time of eager kernels, against captured ones
  double clock_share = 1;     // arithmetic slows down only below this share of the highest clock
  double host_step_us = 0;
  double host_sequence_us = 0;
};

// A coefficient as it goes into a hardware file; unit as there ("pJ/B", "us", "" = a share).
struct FittedCoefficient {
  std::string key;  // "power.memory"
  double value = 0;
  double low = 0;
  double high = 0;
  std::string unit;
  std::string source;
};

struct FitReport {
  std::string part;  // "gemm bf16"
  std::string how;   // "fit", "5-fold cross-validation"
  double rows = 0;
  double median = 0;
  double p95 = 0;
  double bias = 0;
};

struct InputFile {
  std::string path;  // "h100_own/gemm.csv"
  std::string sha256;
  double rows = 0;
};

struct CostTable {
  std::string device;
  std::string note;  // options of the calibration
  std::vector<GemmModel> gemm;
  std::vector<ExpertsModel> experts;
  std::vector<AttentionFamily> attention;  // the most trusted first
  std::vector<ElementwiseCurve> elementwise;
  std::vector<CollectiveCurve> collectives;
  std::vector<StepModel> step;  // one, or none where no whole step was measured
  std::vector<FittedCoefficient> coefficients;
  std::vector<FitReport> errors;
  std::vector<InputFile> inputs;
};

// Throws OutsideError.
void save(const CostTable& table, const std::string& path);
CostTable load_cost_table(const std::string& path);

}  // namespace kvern::measured
