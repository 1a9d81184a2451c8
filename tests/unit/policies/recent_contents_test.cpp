#include "policies/parts/blocks/recent_contents.h"

#include <gtest/gtest.h>

namespace kvern {

// Room for two: 1 and 2 are counted, 3 pushes out 1, the oldest; counting 2 again does not make it
// younger, so 4 pushes it out.
TEST(RecentContents, TheOldestIsForgotten) {
  RecentContents recent;
  recent.prepare(2);
  for (const std::uint64_t content : {1, 1, 2, 3, 2}) recent.count(content);
  EXPECT_EQ(recent.times(1), 0U);
  EXPECT_EQ(recent.times(2), 2U);
  EXPECT_EQ(recent.times(3), 1U);
  recent.count(4);
  EXPECT_EQ(recent.times(2), 0U);
  EXPECT_EQ(recent.times(4), 1U);
}

// Against a plain count of the last 100 first-seen contents.
TEST(RecentContents, RemembersExactlyItsRoom) {
  RecentContents recent;
  recent.prepare(100);
  for (std::uint64_t content = 0; content < 10'000; ++content) {
    recent.count(content * 7919);
    if (content >= 100) {
      ASSERT_EQ(recent.times((content - 100) * 7919), 0U);
    }
    if (content >= 99) {
      ASSERT_EQ(recent.times((content - 99) * 7919), 1U);
    }
  }
}

}  // namespace kvern
