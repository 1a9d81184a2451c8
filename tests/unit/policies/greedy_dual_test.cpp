#include "policies/parts/blocks/greedy_dual.h"

#include <gtest/gtest.h>

namespace kvern {

// Keys 3, 1, 2; what goes raises the clock to its key: a newcomer of worth 1 gets 1 + 1 = 2 and is
// the later one of two equals.
TEST(GreedyDual, TheClockIsTheKeyThatWent) {
  GreedyDual ranking;
  ranking.prepare(3);
  ranking.insert(0, 3);
  ranking.insert(1, 1);
  ranking.insert(2, 2);
  ASSERT_EQ(ranking.front(), 1U);
  ranking.remove(1);
  ranking.insert(1, 1);
  EXPECT_EQ(ranking.front(), 2U);
  ranking.remove(2);
  EXPECT_EQ(ranking.front(), 1U);
}

// What is invalidated out of turn does not age the others: the newcomer's key is 1, not 6.
TEST(GreedyDual, AnInvalidationOutOfTurnIsNoEviction) {
  GreedyDual ranking;
  ranking.prepare(3);
  ranking.insert(0, 3);
  ranking.insert(1, 5);
  ranking.remove(1);
  ranking.insert(1, 1);
  EXPECT_EQ(ranking.front(), 1U);
}

TEST(GreedyDual, AHiddenBlockKeepsItsKeyAndIsUsed) {
  GreedyDual ranking;
  ranking.prepare(2);
  ranking.insert(0, 1);
  ranking.insert(1, 1.5);
  ranking.hide(0);
  EXPECT_EQ(ranking.front(), 1U);
  ranking.use(0);  // 2 x 1
  ranking.show(0);
  EXPECT_EQ(ranking.front(), 1U);
  ranking.hide(0);
  ranking.hide(1);
  EXPECT_EQ(ranking.front(), kNoBlock);
}

TEST(GreedyDual, ALowerRankGoesFirst) {
  GreedyDual ranking;
  ranking.prepare(2, 2);
  ranking.insert(0, 1);
  ranking.insert(1, 9);
  ranking.move(0, 1);
  EXPECT_EQ(ranking.front(), 1U);
  ranking.hide(1);
  EXPECT_EQ(ranking.front(), 0U);
  ranking.hide(0);
  ranking.move(0, 0);  // it stays hidden
  EXPECT_EQ(ranking.front(), kNoBlock);
  ranking.show(0);
  EXPECT_EQ(ranking.front(), 0U);
}

TEST(GreedyDual, WorthIsCostOverSize) {
  EXPECT_EQ(cost_over_size({.tokens = 16, .bytes = 8, .recompute_cost_ns = 40}), 5);
  EXPECT_EQ(cost_over_size({.tokens = 16, .bytes = 8}), 2);
  EXPECT_EQ(cost_over_size({.tokens = 16}), 1);
  EXPECT_EQ(cost_over_size({}), 1);
}

}  // namespace kvern
