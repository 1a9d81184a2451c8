#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// A, B, C arrive in this order; using A does not save it.
TEST(Fifo, TheOldestGoesHoweverOftenItWasUsed) {
  HandCache cache("fifo", 3);
  EXPECT_EQ(cache.serve("ABCAADBE"), "...++A+B");
}

// A is pinned when its turn comes, so B goes; released, A is overdue and goes before C.
TEST(Fifo, APinnedBlockKeepsItsPlace) {
  HandCache cache("fifo", 3);
  cache.serve("ABC");
  cache.pin("A");
  EXPECT_EQ(cache.serve("D"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("EF"), "AC");
}

// A is pinned and released before its turn: its place was kept.
TEST(Fifo, AShortPinChangesNothing) {
  HandCache cache("fifo", 3);
  cache.serve("ABC");
  cache.pin("A");
  cache.release("A");
  EXPECT_EQ(cache.serve("DE"), "AB");
}

}  // namespace kvern
