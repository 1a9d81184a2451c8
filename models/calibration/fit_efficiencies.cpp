// Coefficients for a hardware file: the shares of the peaks that kernels reach, the median row and
// the range of the middle 90 % of rows.
#include <algorithm>

#include "models/calibration/fits.h"
#include "models/calibration/spread.h"

namespace kvern::calibration {
namespace {

struct Shares {
  std::vector<double> compute, memory, decode;
  std::vector<const AttentionRow*> prefill;  // large enough to reach their rate
  std::vector<double> attention_us, kernel_us;
};

bool is_wide(const std::string& dtype) { return dtype == "bf16" || dtype == "fp16"; }

void add_products(const HardwareSpec& h, const Source& source, Shares& shares) {
  constexpr double kLargeSide = 2048, kFewRows = 8, kLargeWeights = 1e8;
  for (const GemmRow& row : source.gemm) {
    if (!is_wide(row.dtype)) continue;
    const double seconds = row.us * 1e-6;
    if (std::min({row.m, row.n, row.k}) >= kLargeSide) {
      shares.compute.push_back(2 * row.m * row.n * row.k / seconds / h.bf16_flops);
    }
    if (row.m <= kFewRows && row.n * row.k > kLargeWeights) {
      shares.memory.push_back(2 * row.n * row.k / seconds / h.memory_bytes_per_second);
    }
  }
}

void add_attention(const HardwareSpec& h, const AttentionRow& row, Shares& shares) {
  constexpr double kLargeFlops = 2e11, kLargeBytes = 1e9, kShort = 128;
  if (!is_wide(row.dtype) || row.us <= 0) return;
  const double seconds = row.us * 1e-6;
  const double flops = attention_flops(row);
  if (row.load.decodes == 0 && flops > kLargeFlops) {
    shares.prefill.push_back(&row);
  }
  if (row.load.query > 0) return;
  const double bytes = 4 * row.head_dim * row.load.kv_heads * row.load.kv_tokens;
  const double reached = bytes / seconds / h.memory_bytes_per_second;
  if (bytes > kLargeBytes && reached <= 1) shares.decode.push_back(reached);
  if (row.load.decodes == 1 && row.load.longest <= kShort) shares.attention_us.push_back(row.us);
}

void add_kernels(const Source& source, Shares& shares) {
  for (const ElementwiseRow& row : source.elementwise) {
    const bool sampler = row.op == "argmax_vocab" || row.op == "sampler";
    const bool eager = row.op.find("eager") != std::string::npos;
    if (row.tokens <= 1 && !sampler && !eager) shares.kernel_us.push_back(row.us);
  }
}

Spread centred(const Spread& spread, double middle) {
  if (spread.rows == 0) return spread;
  return {std::min(spread.low, middle), middle, std::max(spread.high, middle), spread.rows};
}

constexpr std::size_t kEnoughForStart = 60;

// FLOPs of a query and a key.
double pair_flops(const AttentionRow& row) { return 4 * row.head_dim * row.load.heads; }

// us = pairs x a + queries x b, in FLOPs: b / a is how many keys more a query seems to attend.
std::vector<double> fit_prefill(const std::vector<const AttentionRow*>& rows, double fixed_us,
                                std::size_t left_out) {
  std::vector<double> features, us;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % kFolds == left_out || rows[i]->us <= fixed_us) continue;
    const double pair = pair_flops(*rows[i]);
    features.insert(features.end(), {pair * rows[i]->load.pairs, pair * rows[i]->load.query});
    us.push_back(rows[i]->us - fixed_us);
  }
  return relative_fit(features, 2, us);
}

// The share of the peak that long prompts reach, and what short ones lose: few rows give the
// shares that they reach as they are.
void add_prefill(const HardwareSpec& h, const Shares& shares, CostTable& table) {
  const double fixed_us = spread_of(shares.attention_us).middle;
  double start = 0;
  if (shares.prefill.size() >= kEnoughForStart) {
    std::vector<double> starts;
    for (std::size_t fold = 0; fold < kFolds; ++fold) {
      const std::vector<double> part = fit_prefill(shares.prefill, fixed_us, fold);
      if (part[0] > 0) starts.push_back(part[1] / part[0]);
    }
    const std::vector<double> all = fit_prefill(shares.prefill, fixed_us, kFolds);
    start = all[0] > 0 ? all[1] / all[0] : 0;
    add_coefficient(table, "efficiency.attention_start", centred(spread_of(starts), start), "",
                    "prefill above 0.2 TFLOP, folds");
  }
  std::vector<double> reached;
  for (const AttentionRow* row : shares.prefill) {
    const double pair = pair_flops(*row);
    const double seconds = (row->us - fixed_us) * 1e-6;
    if (seconds <= 0) continue;
    reached.push_back(pair * (row->load.pairs + start * row->load.query) / seconds / h.bf16_flops);
  }
  add_coefficient(table, "efficiency.attention", spread_of(reached), "", "prefill above 0.2 TFLOP");
}

}  // namespace

// The roofline has the tiles and waves of the products' fit: its shares are that fit's, their range
// the rows'.
void fit_efficiencies(const FitContext& context, CostTable& table) {
  Shares shares;
  for (const Source& source : context.sources) {
    add_products(*context.hardware, source, shares);
    for (const auto* rows : {&source.prefill, &source.decode, &source.mixed}) {
      for (const AttentionRow& row : *rows) add_attention(*context.hardware, row, shares);
    }
    add_kernels(source, shares);
  }
  Spread compute = spread_of(shares.compute);
  Spread memory = spread_of(shares.memory);
  std::vector<double> gemm_us;
  for (const auto& gemm : table.gemm) {
    if (gemm.weight_bytes() != 2) continue;
    gemm_us.push_back(gemm.fixed_us);
    compute = centred(compute, gemm.compute_share);
    memory = centred(memory, gemm.memory_share);
  }
  add_coefficient(table, "efficiency.gemm", compute, "", "m, n, k of 2048 and more");
  add_prefill(*context.hardware, shares, table);
  add_coefficient(table, "efficiency.memory", memory, "", "up to 8 rows, weights above 100 M");
  add_coefficient(table, "efficiency.decode_attention", spread_of(shares.decode), "",
                  "decode rows above 1 GB");
  add_coefficient(table, "efficiency.gemm_kernel", spread_of(gemm_us), "us",
                  "beyond the bounds of a product");
  add_coefficient(table, "efficiency.attention_kernel", spread_of(shares.attention_us), "us",
                  "one sequence of at most 128 tokens");
  add_coefficient(table, "efficiency.kernel", spread_of(shares.kernel_us), "us", "one token");
}

}  // namespace kvern::calibration
