#include "sim/base/random.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/exact_math.h"

namespace kvern {

// Published first output of SplitMix64 from state 0, and of FNV-1a for "" and "a".
TEST(Random, MixesAndHashesAsPublished) {
  EXPECT_EQ(mix(0), 0xe220a8397b1dcdafULL);
  EXPECT_EQ(fnv1a64(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(fnv1a64("a"), 0xaf63dc4c8601ec8cULL);
  // A chain of draws: h = mix(7), then four times h = mix(h xor 0).
  std::uint64_t h = mix(7);
  for (int i = 0; i < 4; ++i) h = mix(h);
  EXPECT_EQ(to_uniform(h), .045311539271475965);
}

TEST(Random, StreamsAreCountersWithNames) {
  Stream stream(5, "workload.arrivals");
  const std::uint64_t h = mix(mix(5) ^ fnv1a64("workload.arrivals"));
  EXPECT_EQ(stream.uniform(), to_uniform(mix(h ^ 0)));
  EXPECT_EQ(stream.uniform(), to_uniform(mix(h ^ 1)));
  Stream other(5, "workload.lengths");
  EXPECT_NE(other.uniform(), to_uniform(mix(h ^ 0)));
  Stream child = stream.child(3);
  Stream same = Stream(5, "workload.arrivals").child(3);
  EXPECT_EQ(child.bits(), same.bits());
}

TEST(Random, UniformIsStrictlyInside) {
  EXPECT_EQ(to_uniform(0), 0x1p-54);
  EXPECT_LT(to_uniform(~std::uint64_t{0}), 1);
}

// Mean and variance of n draws within 4 standard errors (var of the sample variance: (m4 - v^2)/n).
void expect_moments(const char* what, double mean, double variance, double fourth,
                    double (*draw)(Stream&)) {
  Stream stream(1, what);
  constexpr int n = 200'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw(stream);
    sum += x;
    squares += (x - mean) * (x - mean);
  }
  EXPECT_NEAR(sum / n, mean, 4 * std::sqrt(variance / n)) << what;
  EXPECT_NEAR(squares / n, variance, 4 * std::sqrt((fourth - variance * variance) / n)) << what;
}

TEST(Random, SamplersHaveTheirMoments) {
  expect_moments("uniform", 0.5, 1.0 / 12, 1.0 / 80, [](Stream& s) { return s.uniform(); });
  expect_moments("exponential", 1, 1, 9, draw_exponential);
  expect_moments("normal", 0, 1, 3, draw_normal);
  // Gamma of shape a: variance a, fourth central moment 3 a^2 + 6 a.
  expect_moments("gamma 4", 4, 4, 72, [](Stream& s) { return draw_gamma(s, 4); });
  expect_moments("gamma .25", .25, .25, 1.6875, [](Stream& s) { return draw_gamma(s, .25); });
  // Weibull of shape 2: raw moments m = sqrt(pi)/2, 1, 3 sqrt(pi)/4, 2.
  const double m = std::sqrt(M_PI) / 2;
  const double raw3 = 3 * std::sqrt(M_PI) / 4;
  expect_moments("weibull 2", m, 1 - m * m, 2 - 4 * m * raw3 + 6 * m * m - 3 * m * m * m * m,
                 [](Stream& s) { return draw_weibull(s, 2); });
}

// Weights 1, 0, 3: cumulative .25, .25, 1.
TEST(Random, ChoosesByWeight) {
  const double weights[] = {1, 0, 3};
  const WeightedChoice choice(weights);
  EXPECT_EQ(choice.at(0.1), 0U);
  EXPECT_EQ(choice.at(0.2499), 0U);
  EXPECT_EQ(choice.at(0.25), 2U);
  EXPECT_EQ(choice.at(1 - 0x1p-53), 2U);
  EXPECT_EQ(choice.share(2), 0.75);
}

// H(3, 1) = 1 + 1/2 + 1/3 = 11/6: shares 6/11, 3/11, 2/11.
TEST(Random, ZipfFollowsRank) {
  const WeightedChoice choice(zipf_weights(3, 1));
  EXPECT_NEAR(choice.share(0), 6.0 / 11, 1e-15);
  EXPECT_NEAR(choice.share(2), 2.0 / 11, 1e-15);
  // The guide table agrees with a plain search.
  const WeightedChoice large(zipf_weights(1000, 1.1));
  Stream stream(2, "zipf");
  for (int i = 0; i < 10'000; ++i) {
    const double u = stream.uniform();
    std::uint32_t expected = 0;
    for (double sum = large.share(0); sum <= u && expected < 999; sum += large.share(expected)) {
      ++expected;
    }
    EXPECT_LE(std::abs(static_cast<int>(large.at(u)) - static_cast<int>(expected)), 1) << u;
  }
}

}  // namespace kvern
