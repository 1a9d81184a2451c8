#include "sim/attention/head/rotary.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace kvern {
namespace {

// dim 4, theta 100: pairs (0, 2) and (1, 3) turn by p and by p * 100^(-2/4) = p / 10.
TEST(Rotary, TurnsHalvesAgainstEachOther) {
  const Rotary rotary(100, 4, 3);
  std::array<double, 4> x{1, 0, 0, 2};
  rotary.turn(std::span<double>(x), 2);
  EXPECT_NEAR(x[0], -0.41614683654714, 1e-13);      // cos 2
  EXPECT_NEAR(x[2], 0.90929742682568, 1e-13);       // sin 2
  EXPECT_NEAR(x[1], -2 * 0.19866933079506, 1e-13);  // -2 sin 0.2
  EXPECT_NEAR(x[3], 2 * 0.98006657784124, 1e-13);   // 2 cos 0.2
}

TEST(Rotary, TurnsAddUp) {
  const Rotary rotary(10000, 8, 100);
  std::vector<double> x{.1, .2, .3, .4, .5, .6, .7, .8, 1, 2, 3, 4, 5, 6, 7, 8};  // two heads
  std::vector<double> y = x;
  rotary.turn(x, 90);
  rotary.turn(x, -60);
  rotary.turn(y, 30);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], y[i], 1e-13);
}

TEST(Rotary, RowsTakeConsecutivePositions) {
  const Rotary rotary(10000, 2, 9);
  std::vector<float> rows{1, 0, 1, 0, 1, 0};
  rotary.turn_rows(rows, 2, 5);
  for (std::int64_t r = 0; r < 3; ++r) {
    std::array<float, 2> one{1, 0};
    rotary.turn(std::span<float>(one), 5 + r);
    EXPECT_EQ(rows[2 * r], one[0]);
    EXPECT_EQ(rows[2 * r + 1], one[1]);
  }
}

}  // namespace
}  // namespace kvern
