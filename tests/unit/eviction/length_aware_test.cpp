#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// All of ABC were used once: C stands latest, then B. A, D and E are first blocks: A is the oldest
// of them. D, used twice, outlives the younger E.
TEST(LengthAware, FewestUsesThenLatestInThePrompt) {
  ChainCache cache("length_aware", 3);
  cache.serve("ABC");
  EXPECT_EQ(cache.serve("D"), "C");
  EXPECT_EQ(cache.serve("E"), "B");
  EXPECT_EQ(cache.serve("F"), "A");
  EXPECT_EQ(cache.serve("D"), "+");
  EXPECT_EQ(cache.serve("G"), "E");
}

}  // namespace kvern
