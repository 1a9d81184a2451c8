#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

TEST(StreamingLlm, SinksAndTheLastStay) {
  const HeadReplay head =
      lab::replay_head(lab::micro_table(10), "streaming_llm(sinks=4, recent=3)");
  EXPECT_THAT(head.kept, testing::ElementsAre(0, 1, 2, 3, 7, 8, 9));
}

TEST(StreamingLlm, BudgetGivesFourSinksAndTheRest) {
  // B = 10 * .6 = 6: sinks 4, recent 2.
  const HeadReplay six = lab::replay_head(lab::micro_table(10), "streaming_llm(budget=0.6)");
  EXPECT_THAT(six.kept, testing::ElementsAre(0, 1, 2, 3, 8, 9));
  // B = 3: three sinks and nothing else.
  const HeadReplay three = lab::replay_head(lab::micro_table(10), "streaming_llm(budget=0.3)");
  EXPECT_THAT(three.kept, testing::ElementsAre(0, 1, 2));
}

}  // namespace kvern
