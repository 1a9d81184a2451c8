#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Room for 2 LIR blocks and 1 HIR block. Stacks are written lowest first, ghosts in small letters.
//   A B are LIR, C is HIR.            stack A B C, queue C
//   D: C goes, a ghost.               stack A B c D, queue D
//   C: D goes; the ghost C is LIR, A, lowest, becomes HIR and leaves the stack.  B d C, queue A
//   E: A goes, not in the stack, so it is forgotten.                             B d C E, queue E
//   D: E goes; the ghost D is LIR, B becomes HIR.                                C e D, queue B
//   B: not in the stack: stays HIR.   C e D B.   B again: LIR; C becomes HIR.    D B, queue C
//   F: C goes.
TEST(Lirs, TheDistanceBetweenTwoUsesDecides) {
  HandCache cache("lirs(hir_share=0.34)", 3);
  EXPECT_EQ(cache.serve("ABCDCEDBBF"), "...CDAE++C");
}

// Only LIR blocks are left to go when the HIR one is pinned: the one used longest ago.
TEST(Lirs, APinnedHirBlockIsPassed) {
  HandCache cache("lirs(hir_share=0.34)", 3);
  cache.serve("ABCA");
  cache.pin("C");
  EXPECT_EQ(cache.serve("D"), "B");
  cache.release("C");
  EXPECT_EQ(cache.serve("E"), "C");
}

}  // namespace kvern
