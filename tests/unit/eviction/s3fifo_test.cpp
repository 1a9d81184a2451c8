#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// Small queue of 2, main of 2, 3 ghosts. A B C D enter the small queue, A is used twice.
//   E: main is empty, so the small queue: A moves to main, B goes (ghosts B).
//   F: C goes (B C).   B: a ghost, so it enters main; D goes (C D).
//   G: E goes (C D E). C: a ghost, enters main: A B C; F goes.   H: main holds 3 > 2: A goes.
TEST(S3Fifo, OnceUsedBlocksGoAndGhostsComeBackToMain) {
  HandCache cache("s3fifo(small_share=0.5)", 4);
  EXPECT_EQ(cache.serve("ABCDAAEFBGCH"), "....++BCDEFA");
}

// The same, but A is used in main before H: it is spared once (B C A), B goes.
TEST(S3Fifo, AUseInMainSparesOneRound) {
  HandCache cache("s3fifo(small_share=0.5)", 4);
  EXPECT_EQ(cache.serve("ABCDAAEFBGCAH"), "....++BCDEF+B");
}

// Small queue of 1. As in the paper all four enter it, and go in order; with fill_main only A does,
// B C D enter main, and E, the next in the small queue, goes before them.
TEST(S3Fifo, TheMainQueueMayFillFirst) {
  EXPECT_EQ(HandCache("s3fifo(small_share=0.25)", 4).serve("ABCDEF"), "....AB");
  EXPECT_EQ(HandCache("s3fifo(small_share=0.25, fill_main=true)", 4).serve("ABCDEF"), "....AE");
}

// A is pinned when its turn in the small queue comes: B goes; released, A is overdue.
TEST(S3Fifo, APinnedBlockKeepsItsPlace) {
  HandCache cache("s3fifo(small_share=0.5)", 3);
  cache.serve("ABC");
  cache.pin("A");
  EXPECT_EQ(cache.serve("D"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("E"), "A");
}

}  // namespace kvern
