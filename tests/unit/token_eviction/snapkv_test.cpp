#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// The last query (window 1) gives token 3 nearly all. Without pooling, capacity 3 keeps 3, of
// equals 0, and the window. Pooled over 3 the neighbours 2 and 4 share it: 2 3 4 are equal, the
// lowest two stay.
TEST(SnapKv, TheWindowChoosesAndPoolingSpreads) {
  const auto table =
      lab::logit_table(8, 8, [](std::uint32_t, std::uint32_t j) { return j == 3 ? 6.0 : 0.0; });
  EXPECT_THAT(lab::replay_head(table, "snapkv(capacity=3, window=1, kernel=1)").kept,
              ElementsAre(0, 3, 7));
  EXPECT_THAT(lab::replay_head(table, "snapkv(capacity=3, window=1, kernel=3)").kept,
              ElementsAre(2, 3, 7));
  EXPECT_THAT(lab::replay_head(table, "snapkv(capacity=4, window=1, kernel=3, pool=max)").kept,
              ElementsAre(2, 3, 4, 7));
  EXPECT_EQ(lab::replay_head(table, "snapkv(capacity=9, window=1)").kept.size(), 8U);
  EXPECT_THROW(lab::token_policy("snapkv(capacity=9, kernel=4)"), std::invalid_argument);
}

// An average counts the zero beyond the end: of equal sums the first, pooled with one zero, loses.
TEST(SnapKv, AveragesCountThePadding) {
  const auto flat = lab::logit_table(8, 8, [](auto, auto) { return 0.0; });
  EXPECT_THAT(lab::replay_head(flat, "snapkv(capacity=2, window=1, kernel=3)").kept,
              ElementsAre(1, 7));
}

}  // namespace kvern
