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

}  // namespace kvern
