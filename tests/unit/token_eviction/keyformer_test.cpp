#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// Token 2 is 40 above the others: no Gumbel noise hides it.
TEST(Keyformer, WhatTheNoiseCannotHideStays) {
  const auto table =
      lab::logit_table(12, 6, [](std::uint32_t, std::uint32_t j) { return j == 2 ? 40.0 : 0.0; });
  for (int seed = 0; seed < 4; ++seed) {
    const std::string end = ", seed=" + std::to_string(seed) + ")";
    const auto kept = lab::replay_head(table, "keyformer(size=4, recent=3" + end).kept;
    EXPECT_THAT(kept, testing::ElementsAre(2, 9, 10, 11));
  }
}

// Later, token 8 is looked at: on paper it becomes heavy when it leaves the recent window; in the
// code the choice of the prompt stands.
TEST(Keyformer, InTheCodeTheFirstChoiceStands) {
  const auto table = lab::logit_table(14, 6, [](std::uint32_t i, std::uint32_t j) {
    return i < 8 && j == 2 ? 40.0 : (i >= 8 && j == 8 ? 80.0 : 0.0);
  });
  EXPECT_THAT(lab::replay_head(table, "keyformer(size=3, recent=2)").kept,
              testing::Contains(testing::AnyOf(2, 8)));
  const auto code = lab::replay_head(table, "keyformer(size=3, recent=2, variant=code)").kept;
  EXPECT_THAT(code, testing::ElementsAre(2, 12, 13));
}

}  // namespace kvern
