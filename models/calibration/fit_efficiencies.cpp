// Coefficients for a hardware file: the shares of the peaks that kernels reach, the median row and
// the range of the middle 90 % of rows.
#include <algorithm>

#include "models/calibration/fits.h"
#include "models/calibration/spread.h"

namespace kvern::calibration {
namespace {

double attention_flops(const AttentionRow& row) {
  return 4 * row.head_dim * row.load.heads * row.load.pairs;
}

}  // namespace

void fit_efficiencies(const FitContext& context, CostTable& table) {
  const HardwareSpec& h = *context.hardware;
  constexpr double kLargeSide = 2048, kFewRows = 8, kLargeWeights = 1e8;
  constexpr double kLargeFlops = 2e11, kLargeBytes = 1e9;
  std::vector<double> compute, memory, attention, decode, gemm_us, attention_us, kernel_us;
  for (const Source& source : context.sources) {
    for (const GemmRow& row : source.gemm) {
      if (row.dtype != "bf16" && row.dtype != "fp16") continue;
      const double seconds = row.us * 1e-6;
      if (std::min({row.m, row.n, row.k}) >= kLargeSide) {
        compute.push_back(2 * row.m * row.n * row.k / seconds / h.bf16_flops);
      }
      if (row.m <= kFewRows && row.n * row.k > kLargeWeights) {
        memory.push_back(2 * row.n * row.k / seconds / h.memory_bytes_per_second);
      }
    }
    const auto attention_row = [&](const AttentionRow& row) {
      const bool wide = row.dtype == "bf16" || row.dtype == "fp16";
      if (!wide || row.us <= 0) return;
      const double seconds = row.us * 1e-6;
      const double flops = attention_flops(row);
      const double bytes = 4 * row.head_dim * row.load.kv_heads * row.load.kv_tokens;
      if (row.load.decodes == 0 && flops > kLargeFlops) {
        attention.push_back(flops / seconds / h.bf16_flops);
      }
      if (row.load.query == 0 && bytes > kLargeBytes) {
        decode.push_back(bytes / seconds / h.memory_bytes_per_second);
      }
      if (row.load.query == 0 && row.load.decodes == 1 && row.load.longest <= 128) {
        attention_us.push_back(row.us);
      }
    };
    for (const auto* rows : {&source.prefill, &source.decode, &source.mixed}) {
      for (const AttentionRow& row : *rows) attention_row(row);
    }
    for (const ElementwiseRow& row : source.elementwise) {
      const bool small = row.tokens <= 1 && row.op != "argmax_vocab" && row.op != "sampler" &&
                         row.op.find("eager") == std::string::npos;
      if (small) kernel_us.push_back(row.us);
    }
  }
  for (const auto& gemm : table.gemm) {
    if (gemm.weight_bytes() == 2) gemm_us.push_back(gemm.fixed_us);
  }
  add_coefficient(table, "efficiency.gemm", spread_of(compute), "", "m, n, k of 2048 and more");
  add_coefficient(table, "efficiency.attention", spread_of(attention), "",
                  "prefill above 0.2 TFLOP");
  add_coefficient(table, "efficiency.memory", spread_of(memory), "",
                  "up to 8 rows, weights above 100 M");
  add_coefficient(table, "efficiency.decode_attention", spread_of(decode), "",
                  "decode rows above 1 GB");
  add_coefficient(table, "efficiency.gemm_kernel", spread_of(gemm_us), "us",
                  "beyond the bounds of a product");
  add_coefficient(table, "efficiency.attention_kernel", spread_of(attention_us), "us",
                  "one sequence of at most 128 tokens");
  add_coefficient(table, "efficiency.kernel", spread_of(kernel_us), "us", "one token");
}

}  // namespace kvern::calibration
