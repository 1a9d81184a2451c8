#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// A and B are heavy (2 uses), C and D new: two, one more than the reserve of .25 x 4, so E takes
// C's place and F that of D. E is used again and heavy: only F is new, which is its reserve; of the
// heavy ones (2 uses each) A is the oldest. A comes back, 3 uses, heavy at once, in place of F (two
// are new). Then G alone is new, and of B, E (2 uses) and A (3) B goes.
TEST(SegmentedHeavyHitter, NewBlocksHaveReservedSlots) {
  ChainCache cache("segmented_heavy_hitter(reserved=0.25)", 4);
  std::string answers;
  for (const char* prompt : {"A", "A", "B", "B", "C", "D", "E", "F", "E", "G", "A", "H"}) {
    answers += cache.serve(prompt);
  }
  EXPECT_EQ(answers, ".+.+..CD+AFB");
}

// Counts are halved after the 20th use (10 x 2 blocks) and each 10 after it. A and B are used 9
// times each; of both, equally heavy, C takes the older one, and D the place of C: new, beyond a
// reserve of none. 60 uses of D later B counts nothing any more and goes before D.
TEST(SegmentedHeavyHitter, AFavouriteOfThePastGoes) {
  ChainCache cache("segmented_heavy_hitter(reserved=0)", 2);
  for (int i = 0; i < 9; ++i) cache.serve("A");
  for (int i = 0; i < 9; ++i) cache.serve("B");
  EXPECT_EQ(cache.serve("C"), "A");
  EXPECT_EQ(cache.serve("D"), "C");
  for (int i = 0; i < 60; ++i) cache.serve("D");
  EXPECT_EQ(cache.serve("E"), "B");
}

}  // namespace kvern
