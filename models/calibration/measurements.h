// The measurements in one folder, as the CSV contract of kernel measurements defines them: one
// device, a file a kind of kernel (X.csv or X.csv.gz), columns by name, an empty cell is unknown.
// Times are us a call; energies are of the whole board.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/measured/cost_table.h"
#include "sim/base/config/issues.h"

namespace kvern::calibration {

struct EnergyCells {
  std::optional<double> loop_us;  // mean time of a call in the energy loop
  std::optional<double> power_w;
  std::optional<double> sm_mhz;
  bool capped = false;  // the power cap was active
};

struct GemmRow {
  std::string dtype;
  double m = 0, n = 0, k = 0;
  std::optional<double> weight_copies;
  double us = 0;
  EnergyCells energy;
};

// Prefill, decode and mixed attention; what a file has no column for is 0.
struct AttentionRow {
  std::string impl, dtype;
  double head_dim = 0;
  measured::AttentionLoad load;
  double us = 0;
  EnergyCells energy;
};

inline double attention_flops(const AttentionRow& row) {
  return 4 * row.head_dim * row.load.heads * row.load.pairs;
}

struct ElementwiseRow {
  std::string op;
  double tokens = 0, width = 0;
  std::optional<double> bytes;
  double us = 0;
};

struct CollectiveRow {
  std::string op, impl, launch;
  double gpus = 0, bytes = 0, us = 0;
};

struct TransferRow {
  std::string op;
  std::optional<double> blocks;
  double bytes = 0, us = 0;
  std::optional<double> pipelined_us, power_w;
};

struct StepRow {
  std::string model, kind;
  measured::AttentionLoad load;
  double graph_bucket = 0;  // 0: launched kernel by kernel
  double us = 0;
  std::optional<double> host_us;
  EnergyCells energy;
};

struct IdleRow {
  std::string state;
  double power_w = 0;
};

struct MoeRow {
  std::string impl, dtype, distribution;
  std::string label;  // "Qwen3-30B-A3B tp1": names the shape where its columns are not there
  std::optional<double> activated;  // experts reached; absent: by chance
  double tokens = 0, hidden = 0, inter = 0, experts = 0, topk = 0, tp = 0, ep = 0, us = 0;
};

// device.json: a large product in a loop of half a second and more.
struct SustainedProduct {
  double power_limit_w = 0, power_w = 0, sm_mhz = 0;
};

struct Source {
  std::string name;  // of the folder
  std::optional<SustainedProduct> sustained;
  std::vector<GemmRow> gemm;
  std::vector<AttentionRow> prefill, decode, mixed;
  std::vector<ElementwiseRow> elementwise;
  std::vector<CollectiveRow> collective;
  std::vector<TransferRow> transfer;
  std::vector<StepRow> step;
  std::vector<IdleRow> idle;
  std::vector<MoeRow> moe;
  std::vector<measured::InputFile> files;
};

// Reads every file of the contract that is there. A missing required column, a cell that is no
// number, or a folder without any such file goes to `issues`. Throws OutsideError when a file can't
// be read. `summed_forwards`: rows of attention_mixed.csv with unequal decode lengths hold that
// many calls, summed.
Source read_source(const std::string& folder, double summed_forwards, Issues& issues);

// For --help: the files and the columns that they must have.
std::string describe_measurements();

}  // namespace kvern::calibration
