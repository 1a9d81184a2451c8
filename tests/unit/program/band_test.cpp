// Draws of coefficients, and what is made of them.
#include "models/coefficient_draws.h"
#include "scenarios/program/command/band_command.h"
#include "tests/unit/models/shipped_models.h"

namespace kvern {
namespace {

// Triangular over 0 .. 10 with its peak at 2: of a fifth of probability up to there, quantiles are
// sqrt(20 u), beyond it 10 - sqrt(80 (1 - u)).
TEST(Draws, CoverTheRangeOnceAShare) {
  const Coefficient c{2, 0, 10, ""};
  constexpr std::uint32_t kDraws = 40;
  std::vector<int> met(kDraws);
  double mean = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const double x = drawn({i, kDraws, 7}, "any", c);
    EXPECT_GE(x, 0);
    EXPECT_LE(x, 10);
    const double u = x < 2 ? x * x / 20 : 1 - (10 - x) * (10 - x) / 80;
    ++met[static_cast<std::size_t>(u * kDraws)];
    mean += x / kDraws;
  }
  for (const int count : met) EXPECT_EQ(count, 1);
  EXPECT_NEAR(mean, 4, .1);  // (0 + 2 + 10) / 3
}

TEST(Draws, AreTheSameForAllWhoUseACoefficient) {
  HardwareSpec a = shipped_hardware("h100_sxm");
  HardwareSpec b = a;
  const HardwareSpec was = a;
  EXPECT_GT(draw_hardware({3, 40, 1}, a), 15);
  draw_hardware({3, 40, 1}, b);
  EXPECT_EQ(a.joules_per_hbm_byte->value, b.joules_per_hbm_byte->value);
  EXPECT_NE(a.joules_per_hbm_byte->value, was.joules_per_hbm_byte->value);
  draw_hardware({4, 40, 1}, b);
  EXPECT_NE(a.gemm_seconds.value, b.gemm_seconds.value);
  EXPECT_GE(a.gemm_efficiency.value, was.gemm_efficiency.low);
  EXPECT_LE(a.gemm_efficiency.value, was.gemm_efficiency.high);
}

TEST(Band, OfElevenValues) {
  // 0 .. 100 in tens: the middle 90 % lies between the 5th and 95th percentile, 5 and 95.
  std::vector<double> values;
  for (int i = 10; i >= 0; --i) values.push_back(10 * i);
  const Band band = band_of(values, 90);
  EXPECT_DOUBLE_EQ(band.low, 5);
  EXPECT_DOUBLE_EQ(band.median, 50);
  EXPECT_DOUBLE_EQ(band.high, 95);
  EXPECT_DOUBLE_EQ(beats_percent({1, 2, 3, 4}, {2, 2, 2, 5}), 62.5);  // two of four, one tie
}

}  // namespace
}  // namespace kvern
