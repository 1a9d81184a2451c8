// Matrix products of float32, row-major: the only door to the BLAS. Each call runs on the calling
// thread alone; whoever wants threads cuts the rows or columns and shares the pieces out, so a
// result depends on the cut, never on timing.
#pragma once

#include <cstddef>

namespace kvern {

struct Matrix {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;  // floats from row to row, >= columns
};

// result [a.rows][b.rows] = scale * a * transpose(b), plus what was there with `add`.
void multiply_transposed(const Matrix& a, const Matrix& b, float* result, std::size_t stride,
                         float scale = 1, bool add = false);
// result [a.rows][b.columns] = a * b.
void multiply(const Matrix& a, const Matrix& b, float* result, std::size_t stride);

}  // namespace kvern
