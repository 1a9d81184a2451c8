#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// Queries after 2 look at token 1 alone: of 0 1 2, kept 2, token 0 goes (0 and 2 have equal
// futures, the lowest goes).
TEST(FutureMassGreedy, WhatIsNotLookedAtAgainGoes) {
  const auto table = lab::logit_table(
      5, 3, [](std::uint32_t i, std::uint32_t j) { return i >= 3 && j == 1 ? 8.0 : 0.0; });
  const HeadReplay head = lab::replay_head(table, "future_mass_greedy(size=2)");
  // After step 3 (futures: only row 4 is left) 2 goes before 3; after step 4 nothing is ahead, and
  // the lowest of 1 3 4 goes.
  EXPECT_THAT(head.kept, testing::ElementsAre(3, 4));
  EXPECT_GT(head.recall_min, .99);
}

}  // namespace kvern
