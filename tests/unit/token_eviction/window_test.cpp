#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// All logits 0: row t is 1/(t+1) each. Size 2: step t reads min(t, 2) and itself, so recall is 1,
// 1, 1, 3/4, 3/5.
TEST(Window, TheLastStay) {
  const auto flat = lab::logit_table(5, 0, [](auto, auto) { return 0.0; });
  const HeadReplay head = lab::replay_head(flat, "window(size=2)");
  EXPECT_THAT(head.kept, testing::ElementsAre(3, 4));
  EXPECT_NEAR(head.recall_sum, 3 + .75 + .6, 1e-12);
  EXPECT_NEAR(head.recall_min, .6, 1e-12);
  EXPECT_EQ(head.resident_max, 2U);
  EXPECT_EQ(head.read_last_step, 3U);
}

// A budget of half of a prompt of 5: B = 5 * 500000 div 10^6 = 2.
TEST(Window, BudgetIsAShareOfThePrompt) {
  const auto flat = lab::logit_table(8, 5, [](auto, auto) { return 0.0; });
  const HeadReplay head = lab::replay_head(flat, "window(budget=0.5)");
  EXPECT_THAT(head.kept, testing::ElementsAre(6, 7));
  EXPECT_EQ(head.steps, 3U);
  EXPECT_THROW(lab::token_policy("window(size=2, budget=0.5)"), std::invalid_argument);
}

}  // namespace kvern
