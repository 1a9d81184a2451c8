// What a layer does to single rows, float32, the same bits on any x86-64 machine.
#pragma once

#include <cstddef>

namespace kvern {

// result = row / sqrt(mean(row^2) + epsilon) * weight (RMSNorm); size is a multiple of 8.
void rms_norm(const float* row, const float* weight, float epsilon, std::size_t size,
              float* result);
// gate[i] = silu(gate[i]) * up[i], silu(x) = x / (1 + e^-x); size is a multiple of 8.
void gated_silu(float* gate, const float* up, std::size_t size);

}  // namespace kvern
