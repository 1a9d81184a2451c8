#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Queue A B C, A used once. D: the hand spares A (now B C A), evicts B. E: C goes. F: A has had its
// one round and goes before D.
TEST(Clock, AUsedBlockIsSparedOneRound) {
  HandCache cache("clock", 3);
  EXPECT_EQ(cache.serve("ABCAADEF"), "...++BCA");
}

// The same with two uses kept: at F the hand finds A with one use left, spares it (D E A), evicts
// D.
TEST(Clock, TwoUsesAreTwoRounds) {
  HandCache cache("clock(uses=2)", 3);
  EXPECT_EQ(cache.serve("ABCAADEF"), "...++BCD");
}

TEST(Clock, APinnedBlockIsPassed) {
  HandCache cache("clock", 2);
  cache.serve("AB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("CD"), "BC");
  cache.release("A");
  EXPECT_EQ(cache.serve("E"), "A");
}

}  // namespace kvern
