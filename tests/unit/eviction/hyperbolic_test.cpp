#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// 64 draws of 2 blocks see both. A was inserted at use 0, B at 1.
//   C, at use 4: A is worth 3 / 4, B 1 / 3: B goes.
//   D, at use 5: A is worth 3 / 5, C 1 / 1: A goes, for its age.
TEST(Hyperbolic, UsesByAgeDecide) {
  HandCache cache("hyperbolic", 2);
  EXPECT_EQ(cache.serve("ABAACD"), "..++BA");
}

// A's 3 uses are kept while it is pinned; a use meanwhile counts. D, at use 6: 4 / 6 < 1 / 1.
TEST(Hyperbolic, APinnedBlockKeepsItsUses) {
  HandCache cache("hyperbolic", 2);
  cache.serve("AAAB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("AC"), "+B");
  cache.release("A");
  EXPECT_EQ(cache.serve("D"), "A");
}

}  // namespace kvern
