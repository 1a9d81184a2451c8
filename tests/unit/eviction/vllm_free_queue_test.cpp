#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// After ABC the queue is C B A: the end of the prompt goes first (LRU would evict A). D: B A D. The
// prompt AB is used again: D B A.
TEST(VllmFreeQueue, TheEndOfAPromptGoesFirst) {
  ChainCache cache("vllm_free_queue", 3);
  EXPECT_EQ(cache.serve("ABC"), "...");
  EXPECT_EQ(cache.serve("D"), "C");
  EXPECT_EQ(cache.serve("AB"), "++");
  EXPECT_EQ(cache.serve("E"), "D");
  EXPECT_EQ(cache.serve("F"), "B");
}

// In a serving run the order is that of the releases: A, then C, then B.
TEST(VllmFreeQueue, FreedBlocksGoToTheTail) {
  ChainCache cache("vllm_free_queue", 3);
  cache.serve("ABC");
  cache.pin("ABC");
  cache.release("ACB");
  EXPECT_EQ(cache.serve("D"), "A");
  EXPECT_EQ(cache.serve("E"), "C");
}

// A prompt longer than the cache: its own end is overwritten, and the next block still goes in
// front of what is left of it.
TEST(VllmFreeQueue, APromptMayEvictItsOwnEnd) {
  ChainCache cache("vllm_free_queue", 2);
  EXPECT_EQ(cache.serve("ABCD"), "..BC");
  EXPECT_EQ(cache.serve("E"), "D");
}

}  // namespace kvern
