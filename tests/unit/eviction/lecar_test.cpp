#include "tests/unit/eviction/hand_cache.h"

namespace kvern {

// A was used twice, B once and later. C: LRU would evict A, LFU B, each with weight 1/2. Whoever is
// chosen is wrong: its victim comes back at once, and a learning rate of 1000 takes its weight down
// to the least, 0.01.
//   A went (LRU): A comes back for B, by both. A is used twice, then C: LRU would evict A, LFU C.
//   B went (LFU): B comes back; LRU would evict A, LFU C.
// So the other expert's victim goes, but once in a hundred.
TEST(LeCaR, WhoeverEvictsWhatComesBackLosesWeight) {
  int by_lru = 0, learned = 0;
  for (int seed = 1; seed <= 40; ++seed) {
    HandCache cache("lecar(learning_rate=1000, seed=" + std::to_string(seed) + ")", 2);
    cache.serve("AAB");
    const std::string went = cache.serve("C");
    if (went == "A") {
      ++by_lru;
      EXPECT_EQ(cache.serve("AAAC"), "B+++");
      learned += cache.serve("D") == "C" ? 1 : 0;
    } else {
      EXPECT_EQ(went, "B");
      learned += cache.serve("B") == "A" ? 1 : 0;
    }
  }
  EXPECT_NEAR(by_lru, 20, 4 * 3.2);  // standard deviation sqrt(40 / 4)
  EXPECT_GE(learned, 37);
}

}  // namespace kvern
