#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Uses A 2, B 1, C 1: D evicts B (used longer ago than C). Then A 2, C 1, D 1: E evicts C. D is
// used (2), E is new (1): B evicts E and starts at 1 again, so F evicts B.
TEST(Lfu, TheFewestUsesGoAndCountsDieWithTheBlock) {
  HandCache cache("lfu", 3);
  EXPECT_EQ(cache.serve("ABACDEDBF"), "..+.BC+EB");
}

// A and B both have 3 uses, B's last one is older.
TEST(Lfu, TiesGoToTheLeastRecent) {
  HandCache cache("lfu", 2);
  EXPECT_EQ(cache.serve("ABABBAC"), "..++++B");
}

// A's 3 uses are kept while it is pinned: C evicts B, then D evicts C.
TEST(Lfu, APinnedBlockKeepsItsCount) {
  HandCache cache("lfu", 2);
  cache.serve("AAAB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("C"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("D"), "C");
}

}  // namespace kvern
