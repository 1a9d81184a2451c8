#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// Category 1: 4 uses, 3 of them again, 3 s between them in all; with the guess (a life of 60 s) the
// mean is 63 / 4 = 15.75 s, reused 4/6: after 1 s P = .667 x e^(-1/15.75) x (1 - e^(-60/15.75)) =
// .61. Category 2: one use; mean 60 s, reused 1/3: P = .333 x .983 x .632 = .21. So B goes, though
// A is the least recently used.
TEST(ReuseProbability, ACategoryThatIsNotReusedGoesFirst) {
  ChainCache cache("reuse_probability", 2);
  cache.like.category = 1;
  for (SimTime t = 0; t < 4; ++t) cache.serve("A", t * kSecond);
  cache.like.category = 2;
  cache.serve("B", 3 * kSecond);
  EXPECT_EQ(cache.serve("C", 4 * kSecond), "B");
}

// In one category the longest unused block goes, of one prompt its end.
TEST(ReuseProbability, WithinACategoryAgeDecides) {
  ChainCache cache("reuse_probability", 3);
  cache.serve("AB", 0);
  cache.serve("C", kSecond);
  EXPECT_EQ(cache.serve("D", 2 * kSecond), "B");
  EXPECT_EQ(cache.serve("E", 3 * kSecond), "A");
}

}  // namespace kvern
