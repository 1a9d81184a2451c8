#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// Equal attention: column sums fall with the position, 1 + 1/2 + 1/3 ... for token 0, so the first
// ones are heavy. Prompt of 6, heavy 2, recent 2.
TEST(H2o, HeavyAndRecentOfThePrompt) {
  const auto flat = lab::logit_table(6, 6, [](auto, auto) { return 0.0; });
  EXPECT_THAT(lab::replay_head(flat, "h2o(heavy=2, recent=2)").kept, ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(lab::replay_head(flat, "h2o(budget=0.67)").kept, ElementsAre(0, 1, 4, 5));
}

// Only token 2 is looked at: it stays, though it is neither first nor last. Of those with equal
// sums, the lowest index stays.
TEST(H2o, TheHeavyHitterStays) {
  const auto table =
      lab::logit_table(8, 8, [](std::uint32_t, std::uint32_t j) { return j == 2 ? 9.0 : 0.0; });
  EXPECT_THAT(lab::replay_head(table, "h2o(heavy=1, recent=2)").kept, ElementsAre(2, 6, 7));
  EXPECT_THAT(lab::replay_head(table, "h2o(heavy=3, recent=2)").kept, ElementsAre(0, 1, 2, 6, 7));
}

// Variant A after the prompt of 6: the token n - recent = 4 is out of sight for a step, and then
// may compete. Step 6 sees 0 1 5 6.
TEST(H2o, VariantAHidesOneToken) {
  const auto flat = lab::logit_table(6, 6, [](auto, auto) { return 0.0; });
  const HeadReplay head = lab::replay_head(flat, "h2o(heavy=2, recent=2, variant=A)");
  EXPECT_THAT(head.kept, ElementsAre(0, 1, 5));
  EXPECT_THAT(head.hidden, ElementsAre(4));
  const auto longer = lab::logit_table(7, 6, [](auto, auto) { return 0.0; });
  const HeadReplay next = lab::replay_head(longer, "h2o(heavy=2, recent=2, variant=A)");
  EXPECT_EQ(next.read_last_step, 4U);
  EXPECT_NEAR(next.recall_sum, 4.0 / 7, 1e-12);
}

// Variant C, heavy 2, recent 1: slots fill with 0 1 | 2. At step 3 the sums over rows 0..3 are
// 25/12 and 13/12, so token 1 leaves its slot to token 2, though that has less.
TEST(H2o, VariantCMovesTheOldestRecentIn) {
  const auto flat = lab::logit_table(4, 0, [](auto, auto) { return 0.0; });
  EXPECT_THAT(lab::replay_head(flat, "h2o(heavy=2, variant=C)").kept, ElementsAre(0, 2, 3));
  EXPECT_THROW(lab::token_policy("h2o(heavy=3, recent=3, variant=C)"), std::invalid_argument);
  EXPECT_THROW(lab::token_policy("h2o(heavy=1, variant=C)"), std::invalid_argument);
}

// Mean and sum order alike; the highest of the group may order otherwise.
TEST(H2o, FoldsTheGroup) {
  bool max_differs = false;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto text = lab::random_text({.seed = seed, .tokens = 60});
    const auto kept = [&](const char* policy) { return lab::replay_head(text, policy).kept; };
    EXPECT_EQ(kept("h2o(heavy=8, recent=4)"), kept("h2o(heavy=8, recent=4, fold=sum)"));
    max_differs =
        max_differs || kept("h2o(heavy=8, recent=4)") != kept("h2o(heavy=8, recent=4, fold=max)");
  }
  EXPECT_TRUE(max_differs);
}

}  // namespace kvern
