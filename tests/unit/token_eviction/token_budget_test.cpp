#include "policies/parts/tokens/token_budget.h"

#include <gtest/gtest.h>

namespace kvern::token_eviction {

TEST(TokenBudget, IsWholeNumbersOfPartsPerMillion) {
  // .29 * 100 is 28.999999999999996 in doubles; in parts per million it is 29 exactly.
  EXPECT_EQ(budget_tokens(.29, {.tokens = 100}), 29U);
  EXPECT_EQ(budget_tokens(.29, {.prompt_tokens = 10, .tokens = 100}), 2U);
  EXPECT_EQ(budget_tokens(.001, {.tokens = 100}), 1U);
}

TEST(TokenBudget, GrowsTo) {
  EXPECT_EQ(grows_to(3, 5), (TokenLine{3, 1, 3}));  // 3 4 5
  EXPECT_EQ(grows_to(5, 5), (TokenLine{5, 0, kAlways}));
  EXPECT_EQ(grows_to(9, 5), (TokenLine{5, 0, kAlways}));
}

}  // namespace kvern::token_eviction
