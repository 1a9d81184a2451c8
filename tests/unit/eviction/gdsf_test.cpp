#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// A use is worth 600 ns / 100 B = 6 for block 0, 200 / 100 = 2 for 1, 600 / 400 = 1.5 for 2.
TEST(Gdsf, CostBySizeAndUsesDecide) {
  HandCache cache("gdsf", 3);
  Eviction& policy = cache.policy();
  const auto insert = [&](std::uint32_t block, std::uint32_t bytes, std::uint64_t cost) {
    BlockInfo info;
    info.bytes = bytes;
    info.recompute_cost_ns = cost;
    policy.inserted(BlockId{block}, info, 0);
  };
  insert(0, 100, 600);
  insert(1, 100, 200);
  insert(2, 400, 600);
  policy.touched(BlockId{2}, 0);  // 3
  EXPECT_EQ(index(policy.victim(0)), 1U);
  policy.removed(BlockId{1});  // the clock is 2
  insert(1, 400, 600);         // 2 + 1.5
  EXPECT_EQ(index(policy.victim(0)), 2U);
  policy.removed(BlockId{2});     // the clock is 3
  policy.touched(BlockId{1}, 0);  // 3 + 2 x 1.5 = 6: as block 0, which was used longer ago
  EXPECT_EQ(index(policy.victim(0)), 0U);
}

// Without costs and bytes it is lfuda.
TEST(Gdsf, BlocksAlikeAreJudgedByUses) {
  EXPECT_EQ(HandCache("gdsf", 2).serve("AAABCDE"), HandCache("lfuda", 2).serve("AAABCDE"));
}

}  // namespace kvern
