#include <array>

#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// 4,000 draws of 4 blocks: 1,000 each, standard deviation sqrt(4000 x 1/4 x 3/4) = 27.4.
TEST(RandomEviction, EachCandidateIsAsLikely) {
  HandCache cache("random", 4);
  cache.serve("ABCD");
  std::array<int, 4> drawn{};
  for (int i = 0; i < 4'000; ++i) {
    ++drawn[index(cache.policy().victim(0))];
    cache.pin("A");
    cache.release("A");
  }
  for (const int count : drawn) EXPECT_NEAR(count, 1'000, 4 * 27.4);
}

TEST(RandomEviction, PinnedBlocksAreNotDrawn) {
  HandCache cache("random(seed=5)", 3);
  cache.serve("ABC");
  cache.pin("AC");
  EXPECT_EQ(cache.serve("DEF"), "BDE");
  cache.release("A");
  cache.pin("F");
  EXPECT_EQ(cache.serve("G"), "A");
}

TEST(RandomEviction, ADrawHoldsUntilTheCandidatesChange) {
  HandCache cache("random", 8);
  cache.serve("ABCDEFGH");
  const BlockId first = cache.policy().victim(0);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(cache.policy().victim(0), first);
}

// The draws are those of the scenario's seed and the policy's own, and of the replica.
TEST(RandomEviction, TheSeedsAreTheDraws) {
  const std::string scan = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const auto served = [&](const std::string& policy, const Draws& draws) {
    return HandCache(policy, 4, draws).serve(scan);
  };
  const std::string usual = served("random", {1, 0});
  EXPECT_EQ(served("random(seed=0)", {1, 0}), usual);
  EXPECT_NE(served("random(seed=1)", {1, 0}), usual);
  EXPECT_NE(served("random", {2, 0}), usual);
  EXPECT_EQ(served("random(seed=1)", {1, 0}), served("random", {2, 0}));
  EXPECT_NE(served("random", {1, 1}), usual);
}

}  // namespace kvern
