#include "policies/parts/blocks/frequency_sketch.h"

#include <gtest/gtest.h>

namespace kvern {

// For 10 blocks counts are halved after 100: content 1 has 15 (the most) of 60 counts, content 2
// has 3 of 3; then 37 others come once each, and 15 / 2 = 7, 3 / 2 = 1 are left.
TEST(FrequencySketch, CountsUpToFifteenAndHalves) {
  FrequencySketch sketch;
  sketch.prepare(10);
  for (int i = 0; i < 60; ++i) sketch.count(1);
  for (int i = 0; i < 3; ++i) sketch.count(2);
  EXPECT_EQ(sketch.estimate(1), 15U);
  EXPECT_EQ(sketch.estimate(2), 3U);
  EXPECT_EQ(sketch.estimate(3), 0U);
  for (std::uint64_t other = 100; other < 137; ++other) sketch.count(other);
  EXPECT_EQ(sketch.estimate(1), 7U);
  EXPECT_EQ(sketch.estimate(2), 1U);
}

// Never too low, and rarely too high: 1000 contents asked for 3 times each fill a sketch of 4000
// columns; estimates above 3 need a collision in all four rows.
TEST(FrequencySketch, EstimatesAreRarelyTooHigh) {
  FrequencySketch sketch;
  sketch.prepare(1000);
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t content = 0; content < 1000; ++content) sketch.count(content);
  }
  int high = 0;
  for (std::uint64_t content = 0; content < 1000; ++content) {
    ASSERT_GE(sketch.estimate(content), 3U);
    high += sketch.estimate(content) > 3 ? 1 : 0;
  }
  EXPECT_LE(high, 10);
}

}  // namespace kvern
