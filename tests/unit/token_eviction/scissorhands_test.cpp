#include <gmock/gmock.h>

#include "policies/token_eviction.h"
#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// Every query looks at itself and at token 1: the others get less than 1/n. Size 3, recent 1: over
// size the highest count goes, of equals the lowest index, so 0 (counts 1 from row 1 on), then 2.
TEST(Scissorhands, WhatIsOftenUnimportantGoes) {
  const auto table = lab::logit_table(
      6, 0, [](std::uint32_t i, std::uint32_t j) { return j == 1 || i == j ? 5.0 : 0.0; });
  EXPECT_THAT(lab::replay_head(table, "scissorhands(size=3, recent=1)").kept, ElementsAre(1, 4, 5));
}

// A history of 1 forgets that token 0 was looked at before the last query.
TEST(Scissorhands, HistoryIsAWindow) {
  const auto table = lab::logit_table(8, 8, [](std::uint32_t i, std::uint32_t j) {
    return i < 7 ? (j == 0 ? 5.0 : 0.0) : (j == 3 ? 5.0 : 0.0);
  });
  EXPECT_THAT(lab::replay_head(table, "scissorhands(size=3, recent=1, history=1)").kept,
              ElementsAre(3, 6, 7));
  EXPECT_THAT(lab::replay_head(table, "scissorhands(size=3, recent=1)").kept, ElementsAre(0, 6, 7));
}

// A given `recent` holds, though it is more than half of the size. Every query looks at 0, 1 and 2:
// they never get less than 1/n, 3 does in rows 3, 4, 5. But at row 5 it is recent: of equals 0
// goes.
TEST(Scissorhands, AGivenRecentIsNotCut) {
  const auto table =
      lab::logit_table(6, 0, [](std::uint32_t, std::uint32_t j) { return j <= 2 ? 5.0 : 0.0; });
  EXPECT_THAT(lab::replay_head(table, "scissorhands(size=5, recent=3)").kept,
              ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(lab::replay_head(table, "scissorhands(size=5, recent=2)").kept,
              ElementsAre(0, 1, 2, 4, 5));
  // All are recent: a window.
  EXPECT_THAT(lab::replay_head(table, "scissorhands(size=3, recent=3)").kept, ElementsAre(3, 4, 5));
  EXPECT_THROW(lab::replay_head(table, "scissorhands(size=3, recent=4)"), std::invalid_argument);
}

// drop 3: 7 tokens are one too many and become 4; then 5, 6, and 7 become 4 again.
TEST(Scissorhands, DropsSeveralAtOnce) {
  const auto policy = lab::token_policy("scissorhands(size=6, recent=1, drop=3)")();
  std::vector<std::int64_t> sizes;
  for (std::uint32_t n = 1; n <= 11; ++n)
    sizes.push_back(policy->resident({0, 11, 0, 1, 1}, n)->value);
  EXPECT_THAT(sizes, ElementsAre(1, 2, 3, 4, 5, 6, 4, 5, 6, 4, 5));
}

}  // namespace kvern
