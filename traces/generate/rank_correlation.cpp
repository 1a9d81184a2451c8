#include "traces/generate/rank_correlation.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/base/exact_math.h"

namespace kvern {
namespace {

constexpr double kPi = 3.141592653589793;
constexpr double kLowest = 0x1p-54;  // of a Stream's draws
constexpr double kHighest = 1 - 0x1p-53;

// The cdf's nodes: 16 a unit, to where a share differs from 0 or 1 by less than 2^-53.
constexpr int kNodesPerUnit = 16;
constexpr double kReach = 8.25;
constexpr int kHalf = static_cast<int>(kReach * kNodesPerUnit) + 1;

// The quantile's nodes: 16 an octave of the smaller tail, from 2^-54 to 1/2. A cell is the top 16
// bits of the double: sign, exponent, 4 bits.
constexpr int kCellShift = 48;
std::uint64_t cell_of(double tail) { return std::bit_cast<std::uint64_t>(tail) >> kCellShift; }
const std::uint64_t kFirstCell = cell_of(kLowest);

// c[0] + c[1] d + ... + c[8] d^8.
double polynomial(const double* c, double d) {
  const double d2 = d * d;
  const double d4 = d2 * d2;
  const double low = (c[0] + c[1] * d) + (c[2] + c[3] * d) * d2;
  const double high = (c[4] + c[5] * d) + (c[6] + c[7] * d) * d2;
  return low + d4 * (high + d4 * c[8]);
}

}  // namespace

RankCorrelation::RankCorrelation(double spearman)
    : r_(2 * exact::sin(kPi * spearman / 6)), rest_(std::sqrt(1 - r_ * r_)) {
  if (spearman == 0) return;
  for (int i = -kHalf; i <= kHalf; ++i) {
    cdfs_.push_back(cdf_node(static_cast<double>(i) / kNodesPerUnit));
  }
  for (std::uint64_t cell = kFirstCell; cell <= cell_of(0.5); ++cell) {
    const std::uint64_t middle = (cell << kCellShift) | (std::uint64_t{1} << (kCellShift - 1));
    quantiles_.push_back(quantile_node(std::bit_cast<double>(middle)));
  }
}

// cdf(x + d) = cdf(x) + pdf(x) (d + h1 d^2/2! + h2 d^3/3! + ...), h(n) = -x h(n-1) - (n-1) h(n-2):
// Hermite polynomials.
RankCorrelation::Node RankCorrelation::cdf_node(double x) {
  const double pdf = exact::normal_pdf(x);
  Node node{x, {exact::normal_cdf(x), pdf}};
  double before = 0;
  double hermite = 1;
  double factorial = 1;
  for (int n = 1; n < 8; ++n) {
    const double next = -x * hermite - (n - 1) * before;
    before = hermite;
    hermite = next;
    factorial *= n + 1;
    node.coefficients[n + 1] = pdf * hermite / factorial;
  }
  return node;
}

// The n-th derivative of the quantile z(u) is P_n(z) / pdf(z)^n with P_1 = 1 and P_(n+1) = P_n' +
// n z P_n.
RankCorrelation::Node RankCorrelation::quantile_node(double u) {
  const double z = exact::normal_quantile(u);
  const double pdf = exact::normal_pdf(z);
  Node node{u, {z}};
  double p[9] = {1};  // coefficients of P_n
  double scale = 1;   // 1 / (pdf^n n!)
  for (int n = 1; n <= 8; ++n) {
    scale /= pdf * n;
    double value = 0;
    for (int i = 8; i >= 0; --i) value = value * z + p[i];
    node.coefficients[n] = value * scale;
    double next[9] = {};
    for (int i = 0; i < 8; ++i) {
      next[i] += (i + 1) * p[i + 1];
      next[i + 1] += n * p[i];
    }
    std::copy(next, next + 9, p);
  }
  return node;
}

double RankCorrelation::normal_quantile(double u) const {
  const double tail = std::min(u, 1 - u);
  const Node& node = quantiles_[cell_of(tail) - kFirstCell];
  const double z = polynomial(node.coefficients, tail - node.at);
  return u < 0.5 ? z : -z;
}

double RankCorrelation::normal_cdf(double x) const {
  if (!(x < kReach)) return kHighest;
  if (!(x > -kReach)) return kLowest;
  const int nearest = static_cast<int>(x * kNodesPerUnit + (kHalf + 0.5));
  const Node& node = cdfs_[static_cast<std::size_t>(nearest)];
  return std::clamp(polynomial(node.coefficients, x - node.at), kLowest, kHighest);
}

RankCorrelation::Uniforms RankCorrelation::draw(Stream& stream) const {
  const double first = stream.uniform();
  const double second = stream.uniform();
  if (r_ == 0) return {first, second};
  return {first, normal_cdf(r_ * normal_quantile(first) + rest_ * normal_quantile(second))};
}

}  // namespace kvern
