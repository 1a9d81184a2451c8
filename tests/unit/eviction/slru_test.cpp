#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Protected room 2. A and B are lifted, then C: A falls back behind D. E: D goes. F: A goes.
TEST(Slru, AUseLiftsAndTheLeastRecentFallsBack) {
  HandCache cache("slru(protected_share=0.5)", 4);
  EXPECT_EQ(cache.serve("ABCDABCEF"), "....+++DA");
}

// Three segments, 1 block in each of the upper two. A used twice stands in the highest. B used
// twice: it takes A's place there, A falls to the middle. C used: A falls to the lowest, which is
// then A, so A goes.
TEST(Slru, WhatFallsMayFallFurther) {
  HandCache cache("slru(segments=3, protected_share=0.67)", 3);
  EXPECT_EQ(cache.serve("ABCAABBCD"), "...+++++A");
}

TEST(Slru, APinnedBlockKeepsItsSegment) {
  HandCache cache("slru(protected_share=0.5)", 2);
  cache.serve("AAB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("C"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("D"), "C");
}

}  // namespace kvern
