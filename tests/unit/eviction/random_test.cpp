#include <array>

#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// 4,000 draws of 4 blocks: 1,000 each, standard deviation sqrt(4000 x 1/4 x 3/4) = 27.4.
TEST(RandomEviction, EachCandidateIsAsLikely) {
  HandCache cache("random", 4);
  cache.serve("ABCD");
  std::array<int, 4> drawn{};
  for (int i = 0; i < 4'000; ++i) ++drawn[index(cache.policy().victim(0))];
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

TEST(RandomEviction, TheSeedIsTheDraws) {
  const std::string scan = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  EXPECT_EQ(HandCache("random", 4).serve(scan), HandCache("random(seed=1)", 4).serve(scan));
  EXPECT_NE(HandCache("random", 4).serve(scan), HandCache("random(seed=2)", 4).serve(scan));
}

}  // namespace kvern
