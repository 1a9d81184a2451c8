#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// A1in has room for 1, A1out for 2. The use of A in A1in does not count.
//   E, F: A, B go (out A B).   A: remembered, enters Am; C goes (out B C).
//   G: D goes, B is forgotten (out C D).   B: unknown, enters A1in; E goes (out D E).
//   H: F goes (out E F).   A: a hit in Am.   E, F: remembered, enter Am; G, B go (out G B).
//   G: remembered; A1in holds only H, so the least recent of Am goes: A.
TEST(TwoQ, OnlyWhatComesBackFromMemoryEntersTheMainList) {
  HandCache cache("two_q(in_share=0.25, out_share=0.5)", 4);
  EXPECT_EQ(cache.serve("ABCDAEFAGBHAEFG"), "....+ABCDEF+GBA");
}

TEST(TwoQ, APinnedBlockIsPassed) {
  HandCache cache("two_q", 2);
  cache.serve("AB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("CD"), "BC");
  cache.release("A");
  EXPECT_EQ(cache.serve("E"), "A");
}

}  // namespace kvern
