#include "policies/parts/tokens/principal_axes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kvern::token_eviction {
namespace {

std::vector<double> covariance(const TokenVectors& vectors, std::uint32_t kv_head,
                               std::uint32_t count) {
  const std::size_t dim = vectors.dim;
  std::vector<double> mean(dim, 0.0), matrix(dim * dim, 0.0);
  for (std::uint32_t j = 0; j < count; ++j) {
    const auto key = vectors.key(kv_head, j);
    for (std::size_t d = 0; d < dim; ++d) mean[d] += key[d];
  }
  for (double& x : mean) x /= count;
  for (std::uint32_t j = 0; j < count; ++j) {
    const auto key = vectors.key(kv_head, j);
    for (std::size_t a = 0; a < dim; ++a) {
      for (std::size_t b = 0; b < dim; ++b) {
        matrix[a * dim + b] += (key[a] - mean[a]) * (key[b] - mean[b]) / count;
      }
    }
  }
  return matrix;
}

// One rotation in the plane (p, q) that clears matrix[p][q]; the rows of `axes` turn with it.
void rotate(std::vector<double>& matrix, std::vector<double>& axes, std::size_t dim, std::size_t p,
            std::size_t q) {
  const double off = matrix[p * dim + q];
  if (off == 0) return;
  const double theta = (matrix[q * dim + q] - matrix[p * dim + p]) / (2 * off);
  const double t = (theta >= 0 ? 1 : -1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1);
  const double s = t * c;
  const auto turn = [&](double& a, double& b) {
    const double was = a;
    a = c * was - s * b;
    b = s * was + c * b;
  };
  for (std::size_t d = 0; d < dim; ++d) turn(matrix[d * dim + p], matrix[d * dim + q]);
  for (std::size_t d = 0; d < dim; ++d) turn(matrix[p * dim + d], matrix[q * dim + d]);
  for (std::size_t d = 0; d < dim; ++d) turn(axes[p * dim + d], axes[q * dim + d]);
}

double off_diagonal(const std::vector<double>& matrix, std::size_t dim) {
  double sum = 0;
  for (std::size_t a = 0; a < dim; ++a) {
    for (std::size_t b = 0; b < a; ++b) sum += matrix[a * dim + b] * matrix[a * dim + b];
  }
  return sum;
}

}  // namespace

std::vector<double> principal_axes(const TokenVectors& vectors, std::uint32_t kv_head,
                                   std::uint32_t count) {
  const std::size_t dim = vectors.dim;
  std::vector<double> matrix = covariance(vectors, kv_head, count);
  std::vector<double> axes(dim * dim, 0.0);
  double trace = 0;
  for (std::size_t d = 0; d < dim; ++d) {
    axes[d * dim + d] = 1;
    trace += matrix[d * dim + d];
  }
  constexpr int kMostSweeps = 60;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    if (off_diagonal(matrix, dim) <= 1e-28 * trace * trace) break;
    for (std::size_t p = 0; p < dim; ++p) {
      for (std::size_t q = p + 1; q < dim; ++q) rotate(matrix, axes, dim, p, q);
    }
  }
  std::vector<std::size_t> order(dim);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return matrix[a * dim + a] > matrix[b * dim + b];
  });
  std::vector<double> sorted;
  for (const std::size_t axis : order) {
    const auto from = axes.begin() + static_cast<std::ptrdiff_t>(axis * dim);
    sorted.insert(sorted.end(), from, from + static_cast<std::ptrdiff_t>(dim));
  }
  return sorted;
}

}  // namespace kvern::token_eviction
