#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// Step 3 has mass 4/10 3/10 2/10 1/10: size 1 reads token 0 and itself, 5/10.
TEST(PerStepOracle, ReadsTheHighestOfThePastAndItself) {
  const auto table = lab::logit_table(4, 3, [](std::uint32_t, std::uint32_t j) {
    constexpr double kLogs[] = {1.3862943611198906, 1.0986122886681098, 0.6931471805599453, 0};
    return kLogs[j];
  });
  const HeadReplay head = lab::replay_head(table, "per_step_oracle(size=1)");
  EXPECT_NEAR(head.recall_sum, .5, 1e-7);
  EXPECT_EQ(head.read_last_step, 2U);
  EXPECT_EQ(head.resident_max, 4U);
}

// Two query heads look at different tokens of one KV head: each reads its own, so both see all of
// what they look at; with one set for both, one of them misses it.
TEST(PerStepOracle, EachQueryHeadHasItsOwnSet) {
  auto text = lab::random_text({.tokens = 3, .prompt = 2, .kv_heads = 1, .group = 2, .dim = 2});
  text.layers[0].k = {1, 0, 0, 1, 0, 0};
  text.layers[0].q.assign(text.layers[0].q.size(), 0);
  text.layers[0].q[2 * 4 + 0] = 40;  // query head 0 at position 2: token 0
  text.layers[0].q[2 * 4 + 3] = 40;  // query head 1: token 1
  EXPECT_NEAR(lab::replay_head(text, "per_step_oracle(size=1)").recall_sum, 2, 1e-9);
  EXPECT_NEAR(lab::replay_head(text, "per_step_oracle(size=1, shared=true)").recall_sum, 1, 1e-9);
}

}  // namespace kvern
