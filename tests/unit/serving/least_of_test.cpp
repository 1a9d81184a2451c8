#include "sim/cluster/least_of.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/cluster/load_index.h"

namespace kvern {
namespace {

TEST(LeastOf, TiesGoToTheLowest) {
  LeastOf<SimTime> ends(3, kNever);
  EXPECT_EQ(ends.least_key(), kNever);
  ends.set(2, 50);
  EXPECT_EQ(ends.least(), 2U);
  ends.set(1, 50);
  EXPECT_EQ(ends.least(), 1U);
  ends.set(0, 51);
  EXPECT_EQ(ends.least(), 1U);
  ends.set(1, kNever);
  EXPECT_EQ(ends.least(), 2U);
  EXPECT_EQ(ends.least_key(), 50);
}

TEST(LeastOf, OneAloneIsAlwaysTheLeast) {
  LeastOf<SimTime> one(1, kNever);
  EXPECT_EQ(one.least(), 0U);
  one.set(0, 7);
  EXPECT_EQ(one.least_key(), 7);
}

// Beside a scan, for each number of keys up to 70: full and half-full trees.
TEST(LeastOf, FindsWhatAScanFinds) {
  Stream draws(1, "least_of");
  for (std::uint32_t count = 1; count <= 70; ++count) {
    LeastOf<std::uint32_t> tree(count, 0);
    std::vector<std::uint32_t> keys(count, 0);
    for (int change = 0; change < 300; ++change) {
      const auto i = static_cast<std::uint32_t>(draws.uniform() * count);
      keys[i] = static_cast<std::uint32_t>(draws.uniform() * 9);
      tree.set(i, keys[i]);
      const auto least = std::min_element(keys.begin(), keys.end()) - keys.begin();
      ASSERT_EQ(tree.least(), static_cast<std::uint32_t>(least)) << count;
      ASSERT_EQ(tree.key(i), keys[i]);
    }
  }
}

TEST(LoadIndex, CountsEachAndAll) {
  LoadIndex loads(3);
  loads.set(0, 2);
  loads.set(1, 1);
  loads.set(2, 1);
  EXPECT_EQ(loads.least(), 1U);
  EXPECT_EQ(loads.total(), 4U);
  loads.set(1, 5);
  EXPECT_EQ(loads.load(1), 5U);
  EXPECT_EQ(loads.least(), 2U);
  EXPECT_EQ(loads.total(), 8U);
  loads.set(2, 0);
  EXPECT_EQ(loads.total(), 7U);
}

// A long queue costs nothing beyond its count: a table by load would be 8 KB a level here, 34 TB.
TEST(LoadIndex, OneLongQueueAmongManyReplicas) {
  LoadIndex loads(65'535);
  loads.set(7, UINT32_MAX);
  EXPECT_EQ(loads.least(), 0U);
  EXPECT_EQ(loads.total(), UINT32_MAX);
}

}  // namespace
}  // namespace kvern
