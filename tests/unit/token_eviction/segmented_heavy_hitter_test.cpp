#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// Token 3 is rare and little looked at, 5 is looked at: sinks 1, recent 2, a rare and a heavy slot.
TEST(SegmentedHeavyHitter, EachSegmentHasItsOwn) {
  auto text =
      lab::logit_table(12, 0, [](std::uint32_t, std::uint32_t j) { return j == 5 ? 5.0 : 0.0; });
  text.sequence.token_rarity = {1, 2, 2, 9, 2, 2, 2, 2, 2, 2, 2, 2};
  const HeadReplay head =
      lab::replay_head(text, "segmented_heavy_hitter(sinks=1, recent=2, rare=1, heavy=1)");
  EXPECT_THAT(head.kept, ElementsAre(0, 3, 5, 10, 11));
  EXPECT_EQ(head.resident_max, 5U);
}

// Without rarities: 1 / occurrences. Token 7 comes once, the others are all one word; first token 1
// holds the slot, until 4 is rarer.
TEST(SegmentedHeavyHitter, RareByOccurrences) {
  auto text = lab::logit_table(9, 0, [](auto, auto) { return 0.0; });
  text.sequence.ids = {5, 5, 5, 5, 7, 5, 5, 5, 5};
  const HeadReplay head =
      lab::replay_head(text, "segmented_heavy_hitter(sinks=1, recent=1, rare=1, heavy=0)");
  EXPECT_THAT(head.kept, ElementsAre(0, 4, 8));
}

// Rates, not sums: token 1 was looked at by all of the rows 1 .. 9, token 8 by all since it came.
// With one heavy slot an accumulated sum would keep 1; attention per exposure with a short memory
// keeps 8, which the last queries look at more.
TEST(SegmentedHeavyHitter, AgeAloneIsNoMerit) {
  const auto table = lab::logit_table(12, 0, [](std::uint32_t i, std::uint32_t j) {
    return j == 1 && i < 8 ? 4.0 : (j == 8 ? 4.0 : 0.0);
  });
  EXPECT_THAT(lab::replay_head(table, "h2o(heavy=1, recent=1)").kept, ElementsAre(1, 11));
  EXPECT_THAT(lab::replay_head(
                  table, "segmented_heavy_hitter(sinks=0, recent=1, rare=0, heavy=1, half_life=2)")
                  .kept,
              ElementsAre(8, 11));
}

// Until 16 all look at token 1; from 20 on a part of about .4 goes to token 20. In the long memory
// token 1 still has 15 rows of 28; the check after 24 rows sees that its mass is gone, and
// restarts.
TEST(SegmentedHeavyHitter, DriftRestartsTheMemory) {
  const auto table = lab::logit_table(30, 0, [](std::uint32_t i, std::uint32_t j) {
    return i < 16 && j == 1 ? 6.0 : (i >= 20 && j == 20 ? 1.8 : 0.0);
  });
  const std::string sizes =
      "segmented_heavy_hitter(sinks=0, recent=8, rare=0, heavy=1, "
      "half_life=100000, check=8, drift=";
  EXPECT_THAT(lab::replay_head(table, sizes + "0)").kept, testing::Contains(1));
  EXPECT_THAT(lab::replay_head(table, sizes + "0.5)").kept, testing::Contains(20));
}

}  // namespace kvern
