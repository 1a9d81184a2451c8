// The time of a matrix product by its shape: tiles, waves of tiles over the multiprocessors, and
// the bytes it must move.
#pragma once

#include "sim/ports/step_cost.h"

namespace kvern::roofline {

// out[m, n] = a[m, k] * w[k, n], `groups` times (experts; 1 = dense).
struct GemmShape {
  double m = 0;
  double n = 0;
  double k = 0;
  double groups = 1;
  double weight_bytes_per_value = 2;
};

struct GemmCost {
  double compute_seconds = 0;  // at base clock
  double memory_seconds = 0;
  double flops = 0;  // executed: rows padded to the tile
  double bytes = 0;
  double weight_bytes = 0;  // of bytes

  double seconds() const {
    return compute_seconds > memory_seconds ? compute_seconds : memory_seconds;
  }
};

// What a GPU gives to matrix products.
struct GemmRates {
  double multiprocessors = 0;
  double flops_per_second = 0;  // that full tiles reach
  double bytes_per_second = 0;  // that streaming reaches
};

// Peak FLOP/s for weights of this width: 8-bit floats where the GPU has them, else 16-bit.
double gemm_peak(const HardwareSpec& hardware, double weight_bytes_per_value);

// Without the kernel's fixed time.
GemmCost gemm_cost(const GemmRates& rates, const GemmShape& shape);
GemmCost gemm_cost(const HardwareSpec& hardware, const GemmShape& shape);

}  // namespace kvern::roofline
