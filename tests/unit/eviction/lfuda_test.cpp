#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Keys A 3, B 1. C: B goes, the clock is 1, C's key 2. D: C goes, clock 2, D 3. E: A and D are both
// 3, A was used longer ago: it goes, though plain LFU would keep it for ever.
TEST(Lfuda, UnusedCountsAge) {
  HandCache cache("lfuda", 2);
  EXPECT_EQ(cache.serve("AAABCDE"), ".++.BCA");
  EXPECT_EQ(HandCache("lfu", 2).serve("AAABCDE"), ".++.BCD");
}

TEST(Lfuda, APinnedBlockKeepsItsKey) {
  HandCache cache("lfuda", 2);
  cache.serve("AAAB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("C"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("D"), "C");
}

}  // namespace kvern
