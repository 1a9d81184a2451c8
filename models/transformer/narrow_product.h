// The product of a few rows with a large matrix, as decoding needs it: bound by reading the matrix
// once, where a BLAS spends its time rearranging it.
#pragma once

#include <cstddef>

#include "models/transformer/linear_algebra.h"

namespace kvern {

// As multiply_transposed(a, b, ...) with scale 1; a.columns is a multiple of 8. On the calling
// thread. The same bits on any x86-64 machine, and for a row whatever the other rows.
void narrow_product(const Matrix& a, const Matrix& b, float* result, std::size_t stride, bool add);

}  // namespace kvern
