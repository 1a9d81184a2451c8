#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Capacity 2, target p = 0. A is used twice: T1 = B, T2 = A.
//   C: |T1| = 1 > p: B goes to B1. T1 = C.
//   B: from B1, p = 0 + max(1, 0 / 1) = 1; |T1| = 1 is not > 1: A goes to B2. T2 = B.
//   A: from B2, p = 1 - max(1, 0 / 1) = 0; |T1| = 1 > 0: C goes to B1. T2 = B A.
//   D: T1 is empty: B, the least recent of T2, goes.
TEST(Arc, GhostsMoveTheTarget) {
  HandCache cache("arc", 2);
  EXPECT_EQ(cache.serve("ABACBAD"), "..+BACB");
}

// |T1| = 2 = capacity and no ghosts: A goes without being remembered, so it comes back as new, and
// C, D go in order; were A a ghost, T2 would keep it.
TEST(Arc, AScanLeavesNoGhosts) {
  HandCache cache("arc", 2);
  EXPECT_EQ(cache.serve("ABCAEF"), "..ABCA");
}

TEST(Arc, APinnedBlockIsPassedAndKeepsItsList) {
  HandCache cache("arc", 2);
  cache.serve("AAB");
  cache.pin("B");
  EXPECT_EQ(cache.serve("C"), "A");
  cache.release("B");
  // B, released after C came, is now the more recent in T1.
  EXPECT_EQ(cache.serve("DE"), "CB");
}

}  // namespace kvern
