#include <gmock/gmock.h>

#include <set>

#include "policies/token_eviction.h"
#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// At the defaults the carried part goes 81, 91, 93, 93 ...: sizes after an eviction are 245, 255,
// 257 ..., and 564 is the largest held after a step.
TEST(Buzz, TheSawTooth) {
  const auto policy = lab::token_policy("buzz")();
  std::vector<std::int64_t> troughs;
  std::int64_t before = 0;
  std::int64_t most = 0;
  for (std::uint32_t n = 1; n < 3000; ++n) {
    const TokenLine line = *policy->resident({0, 3000, 0, 1, 1}, n);
    if (line.value < before) troughs.push_back(line.value);
    before = line.value;
    most = std::max(most, line.value);
  }
  troughs.resize(4);
  EXPECT_THAT(troughs, ElementsAre(245, 255, 257, 257));
  EXPECT_EQ(most, 564);
}

// sinks 1, window 1, threshold 4, stride 2 on equal attention. At 7 tokens other = 5 > 4: cells (1
// 2) (3 4) (5) of tokens 1..5 leave 1, 3, 5 (sums fall with the position): 0 1 3 5 6.
TEST(Buzz, EachCellLeavesItsHighest) {
  const auto flat = lab::logit_table(7, 0, [](auto, auto) { return 0.0; });
  const char* policy = "buzz(sinks=1, window=1, threshold=4, stride=2)";
  EXPECT_THAT(lab::replay_head(flat, policy).kept, ElementsAre(0, 1, 3, 5, 6));
  // With more weight on even tokens the cells leave 2, 4, 5.
  const auto even =
      lab::logit_table(7, 0, [](std::uint32_t, std::uint32_t j) { return j % 2 == 0 ? 5.0 : 0.0; });
  EXPECT_THAT(lab::replay_head(even, policy).kept, ElementsAre(0, 2, 4, 5, 6));
  EXPECT_THAT(
      lab::replay_head(even, "buzz(sinks=1,window=1,threshold=4,stride=2,variant=nomax)").kept,
      ElementsAre(0, 1, 3, 5, 6));
}

}  // namespace kvern
