#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// First blocks asked for twice are held, one at most. A is held at 1 s: C and D take the places of
// the least recently used others. At 12 s A has not been used for 11 s and is given back, behind D:
// E takes D's place, F takes A's.
TEST(PinSystemPrompts, SharedBeginningsAreHeldWhileTheyAreUsed) {
  ChainCache cache("pin_system_prompts(lru, uses=2, tokens=16, share=0.5, idle=10 s)", 2);
  cache.serve("A", 0);
  cache.serve("A", kSecond);
  EXPECT_EQ(cache.serve("B", 2 * kSecond), ".");
  EXPECT_EQ(cache.serve("C", 3 * kSecond), "B");
  EXPECT_EQ(cache.serve("D", 4 * kSecond), "C");
  EXPECT_EQ(cache.serve("E", 12 * kSecond), "D");
  EXPECT_EQ(cache.serve("F", 13 * kSecond), "A");
}

// Beyond the first 16 tokens nothing is held: B goes as by LRU. When all that is left is held, the
// longest unused one goes.
TEST(PinSystemPrompts, LaterBlocksAreNot) {
  ChainCache cache("pin_system_prompts(lru, uses=2, tokens=16, share=1)", 2);
  cache.serve("AB");
  cache.serve("AB");
  EXPECT_EQ(cache.serve("C"), "B");
  EXPECT_EQ(cache.serve("C"), "+");
  EXPECT_EQ(cache.serve("D"), "A");
}

// A held block that a request uses is not given back.
TEST(PinSystemPrompts, ABlockInUseIsNeverOffered) {
  ChainCache cache("pin_system_prompts(lru, uses=2, tokens=16, share=1)", 2);
  cache.serve("A");
  cache.serve("A");
  cache.pin("A");
  cache.serve("B");
  EXPECT_EQ(cache.serve("C"), "B");
  cache.release("A");
  EXPECT_EQ(cache.serve("D"), "C");
}

}  // namespace kvern
