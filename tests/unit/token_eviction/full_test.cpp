#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

TEST(FullTokens, NothingGoes) {
  const HeadReplay head = lab::replay_head(lab::micro_table(5), "full");
  EXPECT_THAT(head.kept, testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_NEAR(head.recall_min, 1, 1e-12);
  EXPECT_NEAR(head.error_sum, 0, 1e-12);
  // Steps read 1 + 2 + 3 + 4 + 5 tokens: keys and values of 5 numbers of 2 bytes each.
  EXPECT_EQ(head.work.bytes_read, 15U * 2 * 5 * 2);
  // 4 a dimension (two multiply-adds) and 3 for exp, sum and division, of each token.
  EXPECT_EQ(head.work.flops, 15U * (4 * 5 + 3));
}

}  // namespace kvern
