#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// Priorities A 100, B 10. C evicts B (clock 10): 10 + 10 = 20. D evicts C (clock 20): 20 + 100 =
// 120. E evicts A, 100 (clock 100): 100 + 10 = 110. F evicts E.
TEST(Pgdsf, TheClockAgesWhatIsNotUsed) {
  ChainCache cache("pgdsf", 2);
  cache.costs_ns = {{'A', 100}, {'B', 10}, {'C', 10}, {'D', 100}, {'E', 10}, {'F', 10}};
  EXPECT_EQ(cache.serve("A") + cache.serve("B"), "..");
  EXPECT_EQ(cache.serve("C"), "B");
  EXPECT_EQ(cache.serve("D"), "C");
  EXPECT_EQ(cache.serve("E"), "A");
  EXPECT_EQ(cache.serve("F"), "E");
}

// Two uses of B are worth 2 x 10, more than one of A.
TEST(Pgdsf, UsesCount) {
  ChainCache cache("pgdsf", 2);
  cache.costs_ns = {{'A', 15}, {'B', 10}};
  cache.serve("A");
  cache.serve("B");
  cache.serve("B");
  EXPECT_EQ(cache.serve("C"), "A");
}

// A is cheap but holds the prefix of B.
TEST(Pgdsf, OnlyLeavesGo) {
  ChainCache cache("pgdsf", 2);
  cache.costs_ns = {{'A', 1}, {'B', 100}, {'C', 50}};
  cache.serve("AB");
  EXPECT_EQ(cache.serve("C"), "B");
  EXPECT_EQ(cache.serve("D"), "A");
}

}  // namespace kvern
