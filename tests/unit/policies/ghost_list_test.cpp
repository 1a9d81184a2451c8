#include "policies/parts/blocks/ghost_list.h"

#include <gtest/gtest.h>

namespace kvern {

TEST(GhostList, TheOldestIsForgottenWhenTheNewcomerHasCome) {
  GhostList ghosts;
  ghosts.prepare(2);
  ghosts.add(10);
  ghosts.add(11);
  ghosts.add(12);  // for a newcomer, which may be any of the three
  EXPECT_NE(ghosts.find(10), kNoBlock);
  EXPECT_FALSE(ghosts.take(99));
  EXPECT_EQ(ghosts.find(10), kNoBlock);
  EXPECT_NE(ghosts.find(11), kNoBlock);
  EXPECT_NE(ghosts.find(12), kNoBlock);
}

TEST(GhostList, TheNewcomersOwnIsThere) {
  GhostList ghosts;
  ghosts.prepare(2);
  ghosts.add(10);
  ghosts.add(11);
  ghosts.add(12);
  EXPECT_TRUE(ghosts.take(10));
  EXPECT_EQ(ghosts.find(10), kNoBlock);
  EXPECT_NE(ghosts.find(11), kNoBlock);  // there was room for both others
  EXPECT_NE(ghosts.find(12), kNoBlock);
}

// Several evictions before a newcomer: one more than the room is kept, not any number.
TEST(GhostList, ARunOfEvictionsForgetsTheOldest) {
  GhostList ghosts;
  ghosts.prepare(2);
  for (std::uint64_t content = 10; content < 15; ++content) ghosts.add(content);
  EXPECT_EQ(ghosts.find(11), kNoBlock);
  EXPECT_NE(ghosts.find(12), kNoBlock);
}

TEST(GhostList, WithoutRoomNothingIsRemembered) {
  GhostList ghosts;
  ghosts.prepare(0);
  EXPECT_EQ(ghosts.add(10), kNoBlock);
  EXPECT_EQ(ghosts.nodes(), 0U);
  EXPECT_FALSE(ghosts.take(10));
}

// Numbers, for what a policy knows of a content: below nodes(), each in use once.
TEST(GhostList, NumbersAreDense) {
  GhostList ghosts;
  ghosts.prepare(3);
  const std::uint32_t first = ghosts.add(10);
  const std::uint32_t second = ghosts.add(11);
  EXPECT_NE(first, second);
  EXPECT_LT(first, ghosts.nodes());
  EXPECT_LT(second, ghosts.nodes());
  EXPECT_EQ(ghosts.find(11), second);
  ghosts.forget(first);
  EXPECT_EQ(ghosts.find(10), kNoBlock);
  EXPECT_EQ(ghosts.find(11), second);
}

}  // namespace kvern
