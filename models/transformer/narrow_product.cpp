#include "models/transformer/narrow_product.h"

#include "sim/attention/head/lanes.h"

namespace kvern {
namespace {

using lanes::Floats;
using lanes::kLanes;

constexpr std::size_t kTile = 4;  // rows of b at a time: their sums share one sum_each

// R rows of a with four of b. The first tile of these four calls for the next four meanwhile: rows
// are too short for the processor to see where the reading goes.
template <int R, bool First>
[[gnu::always_inline]] inline void tile(const Matrix& a, const Matrix& b, std::size_t i,
                                        std::size_t j, float* result, std::size_t stride,
                                        bool add) {
  Floats sums[R][kTile] = {};
  const float* left = a.data + i * a.stride;
  const float* right = b.data + j * b.stride;
  for (std::size_t d = 0; d < a.columns; d += kLanes) {
    Floats y[kTile];
    for (std::size_t c = 0; c < kTile; ++c) {
      lanes::load(right + c * b.stride + d, y[c]);
      if constexpr (First) __builtin_prefetch(right + (c + kTile) * b.stride + d);
    }
    for (int r = 0; r < R; ++r) {
      Floats x;
      lanes::load(left + r * a.stride + d, x);
      for (std::size_t c = 0; c < kTile; ++c) sums[r][c] += x * y[c];
    }
  }
  for (int r = 0; r < R; ++r) {
    float* into = result + (i + r) * stride + j;
    for (std::size_t c = 0; c < kTile; ++c) {
      const float sum = lanes::sum_of(sums[r][c]);
      into[c] = add ? into[c] + sum : sum;
    }
  }
}

// The rows of b that fill no tile.
[[gnu::always_inline]] inline void edge(const Matrix& a, const Matrix& b, std::size_t j,
                                        float* result, std::size_t stride, bool add) {
  for (std::size_t i = 0; i < a.rows; ++i) {
    Floats sums = {};
    for (std::size_t d = 0; d < a.columns; d += kLanes) {
      Floats x;
      Floats y;
      lanes::load(a.data + i * a.stride + d, x);
      lanes::load(b.data + j * b.stride + d, y);
      sums += x * y;
    }
    float& into = result[i * stride + j];
    into = add ? into + lanes::sum_of(sums) : lanes::sum_of(sums);
  }
}

// R rows of a at a time: as many as the sums find registers for.
template <int R>
[[gnu::always_inline]] inline void product(const Matrix& a, const Matrix& b, float* result,
                                           std::size_t stride, bool add) {
  std::size_t j = 0;
  for (; j + kTile <= b.rows; j += kTile) {
    std::size_t i = a.rows < R ? 1 : R;
    if (a.rows < R) {
      tile<1, true>(a, b, 0, j, result, stride, add);
    } else {
      tile<R, true>(a, b, 0, j, result, stride, add);
    }
    for (; i + R <= a.rows; i += R) tile<R, false>(a, b, i, j, result, stride, add);
    for (; i < a.rows; ++i) tile<1, false>(a, b, i, j, result, stride, add);
  }
  for (; j < b.rows; ++j) edge(a, b, j, result, stride, add);
}

[[gnu::target("avx512f,avx512vl")]] void product_avx512(const Matrix& a, const Matrix& b,
                                                        float* result, std::size_t stride,
                                                        bool add) {
  product<4>(a, b, result, stride, add);
}

[[gnu::target("avx2")]] void product_avx2(const Matrix& a, const Matrix& b, float* result,
                                          std::size_t stride, bool add) {
  product<2>(a, b, result, stride, add);
}

}  // namespace

void narrow_product(const Matrix& a, const Matrix& b, float* result, std::size_t stride, bool add) {
  switch (lanes::vector_unit()) {
    case lanes::VectorUnit::Avx512:
      return product_avx512(a, b, result, stride, add);
    case lanes::VectorUnit::Avx2:
      return product_avx2(a, b, result, stride, add);
    case lanes::VectorUnit::Sse:
      return product<2>(a, b, result, stride, add);
  }
}

}  // namespace kvern
