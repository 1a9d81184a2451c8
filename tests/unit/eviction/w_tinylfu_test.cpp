#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// A window of 1 and a main part of 3, of which 2 protected. A B C pass through the window while
// there is room; D is in it. A is used and protected.
//   E: D (seen once) against B (once): a tie, D goes.
//   F: E was used twice more, 3 > 1: B goes, E enters the main part.
//   G: F (once) against C (once): F goes.
TEST(WTinyLfu, TheLessSeenOfTwoGoes) {
  HandCache cache("w_tinylfu(window_share=0.25)", 4);
  EXPECT_EQ(cache.serve("ABCDAEEEFG"), "....+D++BF");
}

TEST(WTinyLfu, PinnedBlocksDoNotCompete) {
  HandCache cache("w_tinylfu(window_share=0.5)", 2);
  cache.serve("AB");
  cache.pin("B");
  EXPECT_EQ(cache.serve("C"), "A");
  cache.pin("C");
  cache.release("B");
  EXPECT_EQ(cache.serve("D"), "B");
}

}  // namespace kvern
