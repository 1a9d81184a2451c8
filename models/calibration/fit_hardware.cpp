// Coefficients for a hardware file: the shares of the peaks that kernels reach (the median row and
// the range of the middle 90 % of rows), and joules. Idle power is fixed from idle rows and never
// fitted on busy ones; joules a byte come from kernels that only move bytes; products and attention
// have joules a FLOP of their own.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/calibration/fits.h"

namespace kvern::calibration {
namespace {

using measured::FittedCoefficient;

struct Spread {
  double low = 0, middle = 0, high = 0;
  std::size_t rows = 0;
};

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Spread spread;
  spread.rows = values.size();
  if (values.empty()) return spread;
  const auto at = [&values](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  spread = {at(0.05), at(0.5), at(0.95), values.size()};
  return spread;
}

void add(CostTable& table, const std::string& key, const Spread& spread, const char* unit,
         const std::string& what) {
  if (spread.rows == 0) return;
  table.coefficients.push_back(
      {key, spread.middle, spread.low, spread.high, unit,
       fmt::format("kvern calibrate: {} ({} rows, 5 to 95 %)", what, spread.rows)});
}

// What one call draws beyond the idle board, in J, with its own FLOPs and bytes.
struct Drawn {
  double joules = 0, flops = 0, bytes = 0;
};

// Dynamic joules of a call at full clock; nothing where the clock was pushed down.
std::vector<Drawn> drawn_by_gemm(const FitContext& context, const CostTable& table, double idle_w) {
  std::vector<Drawn> rows;
  constexpr double kFullClock = 0.97;
  for (const Source& source : context.sources) {
    for (const GemmRow& row : source.gemm) {
      const EnergyCells& e = row.energy;
      if (!e.power_w || !e.loop_us || !e.sm_mhz || table.gemm.empty()) continue;
      if (*e.sm_mhz < kFullClock * context.hardware->base_clock_mhz) continue;
      const auto bounds = table.gemm[0].bounds(*context.hardware, row.m, row.n, row.k);
      rows.push_back({(*e.power_w - idle_w) * *e.loop_us * 1e-6, bounds.flops, bounds.bytes});
    }
  }
  return rows;
}

std::vector<Drawn> drawn_by_copies(const FitContext& context, double idle_w) {
  std::vector<Drawn> rows;
  for (const Source& source : context.sources) {
    for (const TransferRow& row : source.transfer) {
      if (row.op != "d2d" || !row.power_w) continue;
      const double us = row.pipelined_us.value_or(row.us);
      rows.push_back({(*row.power_w - idle_w) * us * 1e-6, 0, 2 * row.bytes});  // read and write
    }
  }
  return rows;
}

double attention_flops(const AttentionRow& row) {
  return 4 * row.head_dim * row.load.heads * row.load.pairs;
}

std::vector<double> attention_joules_per_flop(const FitContext& context, double idle_w,
                                              double joules_per_byte) {
  std::vector<double> values;
  for (const Source& source : context.sources) {
    for (const AttentionRow& row : source.prefill) {
      const EnergyCells& e = row.energy;
      if (!e.power_w || !e.loop_us || !e.sm_mhz) continue;
      const double bytes =
          2 * row.head_dim *
          (2 * row.load.keys * row.load.kv_heads + 2 * row.load.query * row.load.heads);
      const double joules = (*e.power_w - idle_w) * *e.loop_us * 1e-6 - joules_per_byte * bytes;
      values.push_back(joules / attention_flops(row));
    }
  }
  return values;
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
  add(table, "efficiency.gemm", spread_of(compute), "", "m, n, k of 2048 and more");
  add(table, "efficiency.attention", spread_of(attention), "", "prefill above 0.2 TFLOP");
  add(table, "efficiency.memory", spread_of(memory), "", "up to 8 rows, weights above 100 M");
  add(table, "efficiency.decode_attention", spread_of(decode), "", "decode rows above 1 GB");
  add(table, "efficiency.gemm_kernel", spread_of(gemm_us), "us", "beyond the bounds of a product");
  add(table, "efficiency.attention_kernel", spread_of(attention_us), "us",
      "one sequence of at most 128 tokens");
  add(table, "efficiency.kernel", spread_of(kernel_us), "us", "one token");
}

void fit_power(const FitContext& context, CostTable& table) {
  std::vector<double> context_w, bare_w;
  for (const Source& source : context.sources) {
    for (const IdleRow& row : source.idle) {
      if (row.state == "context") context_w.push_back(row.power_w);
      if (row.state == "no_context") bare_w.push_back(row.power_w);
    }
  }
  add(table, "power.bare", spread_of(bare_w), "W", "idle rows, no context");
  add(table, "power.context", spread_of(context_w), "W", "idle rows with a context");
  if (context_w.empty()) return;  // without it, joules are not told apart from idling
  const double idle_w = spread_of(context_w).middle;
  std::vector<Drawn> rows = drawn_by_gemm(context, table, idle_w);
  const std::vector<Drawn> copies = drawn_by_copies(context, idle_w);
  rows.insert(rows.end(), copies.begin(), copies.end());
  if (rows.size() < 3) return;
  std::vector<double> features, joules;
  for (const Drawn& row : rows) {
    features.insert(features.end(), {row.flops, row.bytes});
    joules.push_back(row.joules);
  }
  const std::vector<double> fit = relative_fit(features, 2, joules);
  std::vector<double> per_flop, per_byte, predicted;
  for (const Drawn& row : rows) {
    predicted.push_back(fit[0] * row.flops + fit[1] * row.bytes);
    per_byte.push_back((row.joules - fit[0] * row.flops) / row.bytes * 1e12);
    const double share = fit[0] * row.flops / row.joules;
    if (share > 0.2) per_flop.push_back((row.joules - fit[1] * row.bytes) / row.flops * 1e12);
  }
  report(table, "joules of products and copies", "fit", predicted, joules);
  Spread flop = spread_of(per_flop);
  flop.middle = fit[0] * 1e12;
  flop.low = std::min(flop.low, flop.middle);
  flop.high = std::max(flop.high, flop.middle);
  Spread byte = spread_of(per_byte);
  byte.middle = fit[1] * 1e12;
  add(table, "power.gemm", flop, "pJ/FLOP", "products at full clock, idle fixed");
  add(table, "power.memory", byte, "pJ/B", "products and copies, idle fixed");
  add(
      table, "power.attention",
      [&] {
        std::vector<double> values = attention_joules_per_flop(context, idle_w, fit[1]);
        for (double& value : values) value *= 1e12;
        return spread_of(values);
      }(),
      "pJ/FLOP", "prefill attention");
}

}  // namespace kvern::calibration
