// Joules for a hardware file. Idle power is fixed from idle rows and never fitted on busy ones;
// joules a byte and a FLOP of products come from products and copies at full clock, attention has
// its own; the voltage curve and the cap's slack come from what ran below full clock.
#include <algorithm>
#include <cmath>

#include "models/calibration/fits.h"
#include "models/calibration/spread.h"
#include "models/calibration/step_parts.h"

namespace kvern::calibration {
namespace {

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

// Idle watts, joules a FLOP of products and of attention, joules a byte.
struct Joules {
  double idle_w = 0, gemm = 0, attention = 0, byte = 0;
};

Joules fit_products(const FitContext& context, CostTable& table, double idle_w) {
  std::vector<Drawn> rows = drawn_by_gemm(context, table, idle_w);
  const std::vector<Drawn> copies = drawn_by_copies(context, idle_w);
  rows.insert(rows.end(), copies.begin(), copies.end());
  constexpr std::size_t kEnough = 3;
  if (rows.size() < kEnough) return {};
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
    constexpr double kTells = 0.2;  // rows whose arithmetic draws less say nothing about it
    if (fit[0] * row.flops > kTells * row.joules) {
      per_flop.push_back((row.joules - fit[1] * row.bytes) / row.flops * 1e12);
    }
  }
  report(table, "joules of products and copies", "fit", predicted, joules);
  Spread flop = spread_of(per_flop);
  flop.middle = fit[0] * 1e12;
  flop.low = std::min(flop.low, flop.middle);
  flop.high = std::max(flop.high, flop.middle);
  Spread byte = spread_of(per_byte);
  byte.middle = fit[1] * 1e12;
  add_coefficient(table, "power.gemm", flop, "pJ/FLOP", "products at full clock, idle fixed");
  add_coefficient(table, "power.memory", byte, "pJ/B", "products and copies, idle fixed");
  std::vector<double> attention = attention_joules_per_flop(context, idle_w, fit[1]);
  for (double& value : attention) value *= 1e12;
  const Spread of_attention = spread_of(attention);
  add_coefficient(table, "power.attention", of_attention, "pJ/FLOP", "prefill attention");
  return {idle_w, fit[0], of_attention.middle * 1e-12, fit[1]};
}

// A capped step at clock f drew phi(f) of the joules that its arithmetic draws at full clock; the
// voltage is the root of phi, a line from the floor at the knee to 1.
void fit_voltage(const FitContext& context, const Joules& joules, CostTable& table) {
  constexpr double kKnee = 0.55;  // a guess, as the hardware files have it
  double above = 0, below = 0;
  std::vector<double> floors;
  for (const Source& source : context.sources) {
    for (const StepRow& row : source.step) {
      const EnergyCells& e = row.energy;
      const auto model = context.models.find(row.model);
      const bool measured = e.power_w && e.loop_us && e.sm_mhz && row.load.decodes == 0;
      if (!e.capped || !measured || model == context.models.end()) continue;
      const StepParts parts = step_parts(table, *context.hardware, model->second, row);
      const double full = joules.gemm * parts.gemm_flops + joules.attention * parts.attention_flops;
      const double drawn =
          (*e.power_w - joules.idle_w) * *e.loop_us * 1e-6 - joules.byte * parts.bytes;
      const double share = *e.sm_mhz / context.hardware->base_clock_mhz;
      const double along = (share - kKnee) / (1 - kKnee);
      if (full <= 0 || drawn <= 0 || along >= 1) continue;
      const double voltage = std::sqrt(drawn / full);
      above += (1 - along) * (voltage - along);
      below += (1 - along) * (1 - along);
      floors.push_back(std::clamp((voltage - along) / (1 - along), 0.0, 1.0));
    }
  }
  if (below == 0) return;
  Spread floor = spread_of(floors);
  floor.middle = std::clamp(above / below, floor.low, floor.high);
  add_coefficient(table, "power.voltage_floor", floor, "",
                  "prefill below full clock, knee at 0.55");
}

// By how much boards draw more than their limit while the cap is active.
void fit_looseness(const FitContext& context, CostTable& table) {
  std::vector<double> beyond;
  for (const Source& source : context.sources) {
    if (source.sustained) {
      beyond.push_back(source.sustained->power_w / source.sustained->power_limit_w - 1);
    }
    constexpr double kSlowed = 0.95;
    for (const StepRow& row : source.step) {
      const EnergyCells& e = row.energy;
      const bool slowed = e.sm_mhz && *e.sm_mhz < kSlowed * context.hardware->base_clock_mhz;
      if (e.capped && slowed && e.power_w) {
        beyond.push_back(*e.power_w / context.hardware->power_cap_watts - 1);
      }
    }
  }
  Spread spread = spread_of(beyond);
  spread.middle = 0;
  for (const double value : beyond) spread.middle += value / static_cast<double>(beyond.size());
  spread.low = std::max(0.0, spread.low);
  spread.middle = std::max(spread.low, spread.middle);
  spread.high = std::max(spread.high, spread.middle);
  add_coefficient(table, "power.cap_looseness", spread, "", "capped loops and steps, mean");
}

}  // namespace

void fit_power(const FitContext& context, CostTable& table) {
  std::vector<double> context_w, bare_w;
  for (const Source& source : context.sources) {
    for (const IdleRow& row : source.idle) {
      if (row.state == "context") context_w.push_back(row.power_w);
      if (row.state == "no_context") bare_w.push_back(row.power_w);
    }
  }
  add_coefficient(table, "power.bare", spread_of(bare_w), "W", "idle rows, no context");
  add_coefficient(table, "power.context", spread_of(context_w), "W", "idle rows with a context");
  if (context_w.empty()) return;  // without it, joules are not told apart from idling
  const Joules joules = fit_products(context, table, spread_of(context_w).middle);
  if (joules.byte > 0) fit_voltage(context, joules, table);
  fit_looseness(context, table);
}

}  // namespace kvern::calibration
