#include "policies/parts/tokens/token_scores.h"

#include <gmock/gmock.h>

namespace kvern::token_eviction {

using testing::ElementsAre;

const std::vector<double> kScores = {2, 1, 3, 1, 1};

// Ranks from the top: 2 0 1 3 4 (of equals the lowest index stays). Ranks from the bottom: 1 3 4 0
// 2 (of equals the lowest index goes).
TEST(TokenScores, TiesChooseTheLowestIndex) {
  std::vector<std::uint32_t> found;
  outside_top(kScores, 4, found);
  EXPECT_THAT(found, ElementsAre(4));
  outside_top(kScores, 3, found);
  EXPECT_THAT(found, ElementsAre(3, 4));
  outside_top(kScores, 5, found);
  EXPECT_THAT(found, ElementsAre());
  top(kScores, 3, found);
  EXPECT_THAT(found, ElementsAre(0, 1, 2));
  lowest(kScores, 2, found);
  EXPECT_THAT(found, ElementsAre(1, 3));
}

TEST(TokenScores, Folds) {
  const std::vector<double> rows = {1, 5, 3, 1};
  std::vector<double> folded;
  fold_rows(Fold::Mean, rows, 2, folded);
  EXPECT_THAT(folded, ElementsAre(2, 3));
  fold_rows(Fold::Sum, rows, 2, folded);
  EXPECT_THAT(folded, ElementsAre(4, 6));
  fold_rows(Fold::Max, rows, 2, folded);
  EXPECT_THAT(folded, ElementsAre(3, 5));
}

TEST(TokenScores, DroppedSlotsLeaveTheOrder) {
  std::vector<int> values = {10, 11, 12, 13, 14};
  drop_slots(values, std::vector<std::uint32_t>{1, 4});
  EXPECT_THAT(values, ElementsAre(10, 12, 13));
}

}  // namespace kvern::token_eviction
