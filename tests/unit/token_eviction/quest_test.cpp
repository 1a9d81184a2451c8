#include <gmock/gmock.h>

#include "policies/token_eviction.h"
#include "tests/lab/recordings.h"

namespace kvern {

// Pages of 2; keys 0 0 | 5 -5 | 1 1 | self. The bound of page 1 for q = -1 is max(-5, 5) = 5,
// though token 2 itself scores -5; page 0 has 0, page 2 has -1. One page beside the current one:
// page 1.
TEST(Quest, ReadsThePagesWithTheHighestBound) {
  auto text = lab::random_text({.tokens = 7, .kv_heads = 1, .group = 1, .dim = 1});
  text.layers[0].k = {0, 0, 5, -5, 1, 1, 0};
  text.layers[0].q = {1, 1, 1, 1, 1, 1, -1};
  const HeadReplay head = lab::replay_head(text, "quest(page=2, pages=2)");
  EXPECT_EQ(head.read_last_step, 3U);  // tokens 2 3 6
  EXPECT_EQ(head.resident_max, 7U);
  // Last row: exp(0 0 -5 5 -1 -1 0): nearly all mass is on token 3, which was read.
  const auto alone = lab::replay(text, "quest(page=2, pages=2)")[0].steps[0][6].recall;
  EXPECT_GT(alone, .97);
  EXPECT_EQ(lab::replay_head(text, "quest(page=2, pages=2, dense_layers=1)").read_last_step, 7U);
}

// A budget of 100 of 1000 tokens: 100 div 16 = 6 pages; never less than 3.
TEST(Quest, BudgetInPages) {
  const TokenBounds bounds{0, 1000, 0, 1, 1};
  const auto read = [&](const char* policy, std::uint32_t n) {
    return lab::token_policy(policy)()->read(bounds, n)->value;
  };
  EXPECT_EQ(read("quest(budget=0.1)", 512), 5 * 16);
  EXPECT_EQ(read("quest(budget=0.1)", 515), 5 * 16 + 3);
  EXPECT_EQ(read("quest(budget=0.01)", 512), 2 * 16);
  EXPECT_EQ(read("quest(budget=0.1)", 90), 90);
}

}  // namespace kvern
