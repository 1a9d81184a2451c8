#include "models/transformer/linear_algebra.h"

#include <cblas.h>

namespace kvern {
namespace {

// The BLAS's own threads would spin beside ours.
void one_thread() {
  static const bool set = [] {
    openblas_set_num_threads(1);
    return true;
  }();
  (void)set;
}

int whole(std::size_t n) { return static_cast<int>(n); }

}  // namespace

void multiply_transposed(const Matrix& a, const Matrix& b, float* result, std::size_t stride,
                         float scale, bool add) {
  one_thread();
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, whole(a.rows), whole(b.rows),
              whole(a.columns), scale, a.data, whole(a.stride), b.data, whole(b.stride),
              add ? 1.0F : 0.0F, result, whole(stride));
}

void multiply(const Matrix& a, const Matrix& b, float* result, std::size_t stride) {
  one_thread();
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, whole(a.rows), whole(b.columns),
              whole(a.columns), 1, a.data, whole(a.stride), b.data, whole(b.stride), 0, result,
              whole(stride));
}

}  // namespace kvern
