#include <gtest/gtest.h>

#include "policies/eviction.h"

namespace kvern {

// Given four blocks in use, freed in the order 2, 0, 3, 1: the head of the queue is 2. A hit takes
// 0 out; when its user leaves it goes to the tail, behind 1.
TEST(Lru, TheLongestUnusedGoesFirstAndAHitGoesToTheTail) {
  Issues issues;
  const auto lru =
      make_policy(eviction::table(), "eviction", parse_policy("lru", {}, issues), "", issues);
  lru->prepare(4, {});
  for (const std::uint32_t block : {0, 1, 2, 3}) {
    lru->inserted(BlockId{block}, {}, 0);
    lru->pinned(BlockId{block});
  }
  SimTime now = 1;
  for (const std::uint32_t block : {2, 0, 3, 1}) lru->released(BlockId{block}, now++);
  EXPECT_EQ(index(lru->victim(now)), 2U);
  lru->pinned(BlockId{0});
  lru->touched(BlockId{0}, now);
  lru->released(BlockId{0}, now);
  std::vector<std::uint32_t> order;
  for (int i = 0; i < 4; ++i) {
    order.push_back(index(lru->victim(now)));
    lru->removed(BlockId{order.back()});
  }
  EXPECT_EQ(order, (std::vector<std::uint32_t>{2, 3, 1, 0}));
}

}  // namespace kvern
