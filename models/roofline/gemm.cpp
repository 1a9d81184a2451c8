#include "models/roofline/gemm.h"

#include <cmath>

namespace kvern::roofline {
namespace {

constexpr double kActivationBytes = 2;
constexpr double kTileColumns = 128;
// A product with too few tiles for the machine is split along k, in pieces of at least this.
constexpr double kSmallestSplit = 512;

// With rows in tiles of `tile_rows`: every wave lasts as long as one tile on one multiprocessor.
double compute_seconds(const GemmRates& rates, const GemmShape& shape, double tile_rows) {
  const double sms = rates.multiprocessors;
  const double tiles =
      shape.groups * std::ceil(shape.m / tile_rows) * std::ceil(shape.n / kTileColumns);
  double split = 1;
  while (tiles * split * 2 <= sms && shape.k / (split * 2) >= kSmallestSplit) split *= 2;
  const double waves = std::ceil(tiles * split / sms);
  const double tile_flops = 2 * tile_rows * kTileColumns * shape.k / split;
  return waves * tile_flops * sms / rates.flops_per_second;
}

}  // namespace

double gemm_peak(const HardwareSpec& hardware, double weight_bytes_per_value) {
  if (weight_bytes_per_value == 1) return hardware.fp8_flops.value_or(hardware.bf16_flops);
  return hardware.bf16_flops;
}

GemmCost gemm_cost(const HardwareSpec& hardware, const GemmShape& shape) {
  const double peak = gemm_peak(hardware, shape.weight_bytes_per_value);
  return gemm_cost(
      GemmRates{static_cast<double>(hardware.sm_count), hardware.gemm_efficiency.value * peak,
                hardware.memory_efficiency.value * hardware.memory_bytes_per_second},
      shape);
}

GemmCost gemm_cost(const GemmRates& rates, const GemmShape& shape) {
  GemmCost cost;
  const double activations = shape.m * (shape.k + shape.n) * kActivationBytes;
  cost.weight_bytes = shape.groups * shape.k * shape.n * shape.weight_bytes_per_value;
  cost.bytes = shape.groups * (shape.k * shape.n * shape.weight_bytes_per_value + activations);
  cost.memory_seconds = cost.bytes / rates.bytes_per_second;
  double best = 0;
  for (const double rows : {16.0, 64.0, 128.0}) {
    const double seconds = compute_seconds(rates, shape, rows);
    // Smaller tiles first: among those hidden behind the bytes, the one that pads least stays.
    if (best == 0 || (best > cost.memory_seconds && seconds < best)) {
      best = seconds;
      cost.flops = 2 * shape.groups * std::ceil(shape.m / rows) * rows * shape.n * shape.k;
    }
  }
  cost.compute_seconds = best;
  return cost;
}

}  // namespace kvern::roofline
