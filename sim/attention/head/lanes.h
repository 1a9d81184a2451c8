// Eight float32 lanes for the attention machine's inner loops. Only + - * / and moves, lane by
// lane and always in the same order, so a result is the same bits whatever the vector unit. A
// loop that uses them stands in one inlined function, compiled once a vector unit: see VectorUnit.
#pragma once

#include <cstdint>
#include <cstring>

namespace kvern::lanes {

inline constexpr std::size_t kLanes = 8;
using Floats = float __attribute__((vector_size(32)));
using Integers = std::int32_t __attribute__((vector_size(32)));

// What the machine has. Compilers' own dispatch (target_clones) can't ask for AVX-512 with its 32
// registers of 256 bits, so a kernel picks by itself: [[gnu::target("avx512f,avx512vl")]].
enum class VectorUnit : std::uint8_t { Sse, Avx2, Avx512 };
inline VectorUnit vector_unit() {
  if (__builtin_cpu_supports("avx512f") > 0 && __builtin_cpu_supports("avx512vl") > 0) {
    return VectorUnit::Avx512;
  }
  return __builtin_cpu_supports("avx2") > 0 ? VectorUnit::Avx2 : VectorUnit::Sse;
}

// By reference: a vector argument by value would depend on the vector unit's calling convention.
[[gnu::always_inline]] inline void load(const float* from, Floats& into) {
  std::memcpy(&into, from, sizeof into);
}
[[gnu::always_inline]] inline void store(const Floats& from, float* into) {
  std::memcpy(into, &from, sizeof from);
}

// sum[i] = the sum of the lanes of v[i], for eight vectors, by halves: lane l meets l + 4, then
// l + 2, then l + 1.
[[gnu::always_inline]] inline void sum_each(const Floats (&v)[8], Floats& sum) {
  Floats half[4];
  for (int i = 0; i < 4; ++i) {
    half[i] = __builtin_shufflevector(v[i], v[i + 4], 0, 1, 2, 3, 8, 9, 10, 11) +
              __builtin_shufflevector(v[i], v[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  Floats quarter[2];
  for (int i = 0; i < 2; ++i) {
    quarter[i] = __builtin_shufflevector(half[i], half[i + 2], 0, 1, 8, 9, 4, 5, 12, 13) +
                 __builtin_shufflevector(half[i], half[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  sum = __builtin_shufflevector(quarter[0], quarter[1], 0, 8, 2, 10, 4, 12, 6, 14) +
        __builtin_shufflevector(quarter[0], quarter[1], 1, 9, 3, 11, 5, 13, 7, 15);
}

[[gnu::always_inline]] inline float sum_of(const Floats& v) {
  const float pairs[4] = {v[0] + v[4], v[1] + v[5], v[2] + v[6], v[3] + v[7]};
  return (pairs[0] + pairs[2]) + (pairs[1] + pairs[3]);
}

// e^x for x <= 0, relative error 2e-7; 0 below -87. Range reduction to |r| <= ln 2 / 2, then six
// terms (Cephes' coefficients for expf).
[[gnu::always_inline]] inline void exponential(const Floats& x, Floats& result) {
  const Floats least = {-87, -87, -87, -87, -87, -87, -87, -87};
  const Integers alive = x >= least;
  const Floats clamped = alive ? x : least;
  // Adding 1.5 * 2^23 rounds to a whole number, which then sits in the low bits.
  const Floats shifted = clamped * 1.44269504088896341F + 12582912.0F;
  const Floats whole = shifted - 12582912.0F;
  const Floats r = clamped - whole * 0.693359375F - whole * -2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  Integers bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits - 0x4B400000 + 127) << 23;
  Floats power;
  std::memcpy(&power, &bits, sizeof power);
  result = alive ? p * power : p - p;
}

}  // namespace kvern::lanes
