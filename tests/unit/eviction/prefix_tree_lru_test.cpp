#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// A has two children. B, the older leaf, goes first, then C; then A is a leaf, older than D.
TEST(PrefixTreeLru, AParentGoesAfterItsChildren) {
  ChainCache cache("prefix_tree_lru", 4);
  cache.serve("AB");
  cache.serve("AC");
  EXPECT_EQ(cache.serve("D"), ".");
  EXPECT_EQ(cache.serve("E"), "B");
  EXPECT_EQ(cache.serve("F"), "C");
  EXPECT_EQ(cache.serve("G"), "A");
}

// B is in use, so A, though idle and oldest, is no leaf: C goes. When nothing else is idle A goes.
TEST(PrefixTreeLru, AParentOfABlockInUseIsSpared) {
  ChainCache cache("prefix_tree_lru", 3);
  cache.serve("AB");
  cache.pin("B");
  EXPECT_EQ(cache.serve("C"), ".");
  EXPECT_EQ(cache.serve("D"), "C");
  cache.pin("D");
  EXPECT_EQ(cache.serve("E"), "A");
}

}  // namespace kvern
