#include "sim/base/exact_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "sim/base/random.h"

namespace kvern {
namespace {

using Function = double (*)(double);
using Reference = long double (*)(long double);

// The largest error over [from, to], in ulp of the result but at least of `floor`.
double worst_ulp(Function f, Reference reference, double from, double to, double floor = 0) {
  Stream stream(11, "exact_math");
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = from + (to - from) * stream.uniform();
    const long double truth = reference(x);
    const double size = std::max(std::abs(static_cast<double>(truth)), floor);
    const double ulp = std::nextafter(size, std::numeric_limits<double>::infinity()) - size;
    worst = std::max(worst, static_cast<double>(std::abs(f(x) - truth) / ulp));
  }
  return worst;
}

long double true_normal_cdf(long double x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; }

}  // namespace

// The long double functions of the C library are the yardstick (64-bit mantissa).
TEST(ExactMath, KeepsItsStatedErrors) {
  for (const double end : {0.5, 2.0, 40.0, 700.0}) {
    EXPECT_LE(worst_ulp(exact::exp, std::exp, -end, end), 1.0) << end;
    EXPECT_LE(worst_ulp(exact::expm1, std::expm1, -end, end), 4.0) << end;
  }
  for (const double end : {1e-300, 0.9, 1.1, 10.0, 1e300}) {
    EXPECT_LE(worst_ulp(exact::log, std::log, end / 4, end), 1.0) << end;
  }
  EXPECT_LE(worst_ulp(exact::log1p, std::log1p, -0.9, 3), 2.0);
  EXPECT_LE(worst_ulp(exact::log1p, std::log1p, -1e-9, 1e-9), 2.0);
  for (const double end : {0.8, 7.0, 1000.0, 3e7}) {
    EXPECT_LE(worst_ulp(exact::sin, std::sin, -end, end, 0.25), 2.0) << end;
    EXPECT_LE(worst_ulp(exact::cos, std::cos, -end, end, 0.25), 2.0) << end;
  }
  EXPECT_LE(worst_ulp(exact::gamma, std::tgamma, 0.01, 4), 16.0);
  EXPECT_LE(worst_ulp(exact::gamma, std::tgamma, 4, 170), 16.0);
  EXPECT_LE(worst_ulp(exact::log_gamma, std::lgamma, 0.001, 20, 1.0), 64.0);
  EXPECT_LE(worst_ulp(exact::log_gamma, std::lgamma, 20, 1e6, 1.0), 4.0);
  for (const double end : {0.5, 2.0, 6.0, 37.0}) {
    EXPECT_LE(worst_ulp(exact::normal_cdf, true_normal_cdf, -end, end), 32.0) << end;
  }
}

TEST(ExactMath, RaisesToPowers) {
  Stream stream(12, "pow");
  double worst = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = exact::exp(40 * stream.uniform() - 20);
    const double y = 60 * stream.uniform() - 30;
    const long double truth = std::pow(static_cast<long double>(x), static_cast<long double>(y));
    worst = std::max(worst, static_cast<double>(std::abs(exact::pow(x, y) - truth) / truth));
  }
  EXPECT_LE(worst, 4 * 0x1p-53);
  EXPECT_EQ(exact::pow(2, 10), 1024);
  EXPECT_EQ(exact::pow(-2, 3), -8);
  EXPECT_EQ(exact::pow(0, 2), 0);
  EXPECT_TRUE(std::isnan(exact::pow(-2, 0.5)));
}

// The quantile undoes the cdf: its error in u is pdf(x) dx.
TEST(ExactMath, InvertsTheNormalDistribution) {
  Stream stream(13, "quantile");
  for (int i = 0; i < 50'000; ++i) {
    const double u = exact::exp(-300 * stream.uniform()) * stream.uniform();
    const double x = exact::normal_quantile(u);
    const long double slope = std::exp(-static_cast<long double>(x) * x / 2) / 2.5066282746310002L;
    const long double error = (true_normal_cdf(x) - u) / slope;
    EXPECT_LE(std::abs(error), 8 * 0x1p-52 * std::max(std::abs(x), 0.125)) << u;
  }
  EXPECT_EQ(exact::normal_quantile(0.5), 0);
  EXPECT_EQ(exact::normal_quantile(0.9375), -exact::normal_quantile(0.0625));
}

TEST(ExactMath, RoundsToTheNearest) {
  EXPECT_EQ(exact::nearest_whole(0.49999999999999994), 0);  // + 0.5 would give 1
  EXPECT_EQ(exact::nearest_whole(2.5), 3);
  EXPECT_EQ(exact::nearest_whole(4503599627370497.5), 4503599627370498);
}

TEST(ExactMath, FollowsIeeeAtTheEdges) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(exact::log(0), -inf);
  EXPECT_TRUE(std::isnan(exact::log(-1)));
  EXPECT_EQ(exact::exp(710), inf);
  EXPECT_EQ(exact::exp(-746), 0);
  EXPECT_NEAR(exact::exp(-740) / std::exp(-740.0), 1, 1e-2);  // subnormal
  EXPECT_EQ(exact::log(inf), inf);
  EXPECT_TRUE(std::isnan(exact::sin(1e9)));
  EXPECT_EQ(exact::normal_quantile(0), -inf);
}

// The bits themselves: a compiler that fuses or reorders would change them.
TEST(ExactMath, GivesTheSameBitsEverywhere) {
  Stream stream(14, "bits");
  std::uint64_t hash = 0;
  const auto take = [&](double x) { hash = mix(hash ^ std::bit_cast<std::uint64_t>(x)); };
  for (int i = 0; i < 10'000; ++i) {
    const double u = stream.uniform();
    const double x = 20 * u - 10;
    take(exact::exp(x));
    take(exact::log(u));
    take(exact::pow(u, x));
    take(exact::sin(1000 * x));
    take(exact::log_gamma(u * 30));
    take(exact::gamma(u * 30));
    take(exact::normal_cdf(x));
    take(exact::normal_quantile(u));
  }
  EXPECT_EQ(hash, 11549465352979901918U);
}

}  // namespace kvern
