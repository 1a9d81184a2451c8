#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Uses at A 1 4, B 2 5, C 3. D at 6: C, used once, goes. D, used once, goes for E at 7. C at 8: its
// use at 3 is remembered; E goes. Second last uses are now A 1, B 2, C 3. D at 9 is remembered from
// 6; A goes.
TEST(LruK, TheSecondLastUseCountsAlsoOfWhatWasEvicted) {
  HandCache cache("lru_k", 3);
  EXPECT_EQ(cache.serve("ABCABDECD"), "...++CDEA");
}

// Without memory C comes back as used once, and goes for D.
TEST(LruK, WithoutGhostsUsesDieWithTheBlock) {
  HandCache cache("lru_k(ghost_share=0)", 3);
  EXPECT_EQ(cache.serve("ABCABDECD"), "...++CDEC");
}

TEST(LruK, OneIsLru) {
  const std::string accesses = "ABCADBAECFBDA";
  EXPECT_EQ(HandCache("lru_k(k=1)", 3).serve(accesses), HandCache("lru", 3).serve(accesses));
}

TEST(LruK, APinnedBlockKeepsItsUses) {
  HandCache cache("lru_k", 2);
  cache.serve("ABA");
  cache.pin("B");
  EXPECT_EQ(cache.serve("C"), "A");
  cache.release("B");
  EXPECT_EQ(cache.serve("D"), "B");
}

}  // namespace kvern
