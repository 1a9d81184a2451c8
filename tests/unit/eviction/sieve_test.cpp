#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Queue A B C, A used. D: the hand spares A, which stays in place, and evicts B; it stands at C.
// E: C goes, the hand stands at D. A is used again. F: D goes though it is newer than A. G: E goes.
TEST(Sieve, TheHandSparesInPlaceAndGoesOn) {
  HandCache cache("sieve", 3);
  EXPECT_EQ(cache.serve("ABCADEAFG"), "...+BC+DE");
}

// Queue A B, both used: the hand clears both, wraps to the oldest and evicts it.
TEST(Sieve, AfterTheNewestComesTheOldest) {
  HandCache cache("sieve", 2);
  EXPECT_EQ(cache.serve("ABABCD"), "..++AB");
}

// The hand meets A pinned and passes it; released, A stands just behind the hand, which goes on
// with the oldest in the queue, C, and then comes to A.
TEST(Sieve, APinnedBlockIsPassed) {
  HandCache cache("sieve", 2);
  cache.serve("AB");
  cache.pin("A");
  EXPECT_EQ(cache.serve("C"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("DE"), "CA");
}

}  // namespace kvern
