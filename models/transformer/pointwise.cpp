#include "models/transformer/pointwise.h"

#include <cmath>

#include "sim/attention/head/lanes.h"

namespace kvern {
namespace {

using lanes::Floats;
using lanes::kLanes;

[[gnu::always_inline]] inline void silu_times(float* gate, const float* up, std::size_t size) {
  for (std::size_t i = 0; i < size; i += kLanes) {
    Floats x;
    Floats y;
    lanes::load(gate + i, x);
    lanes::load(up + i, y);
    // Of |x|, so that the exponential never overflows: x < 0 turns e^-|x| into e^x.
    const Floats zero = {};
    Floats e;
    lanes::exponential(x < zero ? x : -x, e);
    const Floats sigmoid = (x < zero ? e : zero + 1.0F) / (e + 1.0F);
    lanes::store(x * sigmoid * y, gate + i);
  }
}

[[gnu::target("avx2")]] void silu_times_avx2(float* gate, const float* up, std::size_t size) {
  silu_times(gate, up, size);
}

}  // namespace

void rms_norm(const float* row, const float* weight, float epsilon, std::size_t size,
              float* result) {
  Floats squares = {};
  for (std::size_t i = 0; i < size; i += kLanes) {
    Floats x;
    lanes::load(row + i, x);
    squares += x * x;
  }
  const float mean = lanes::sum_of(squares) / static_cast<float>(size);
  const float scale = 1 / std::sqrt(mean + epsilon);
  for (std::size_t i = 0; i < size; ++i) result[i] = row[i] * scale * weight[i];
}

void gated_silu(float* gate, const float* up, std::size_t size) {
  if (lanes::vector_unit() == lanes::VectorUnit::Sse) {
    silu_times(gate, up, size);
  } else {
    silu_times_avx2(gate, up, size);
  }
}

}  // namespace kvern
