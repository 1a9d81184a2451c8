#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// Logits of the last query: 3 1 2 0; size 2 keeps 0 and 2, and the newest token (3) goes.
TEST(Tova, TheNewestMayGo) {
  const auto table = lab::logit_table(4, 4, [](auto, std::uint32_t j) {
    constexpr double kLast[] = {3, 1, 2, 0};
    return kLast[j];
  });
  EXPECT_THAT(lab::replay_head(table, "tova(size=2)").kept, testing::ElementsAre(0, 2));
}

// Equal attention everywhere: top-k keeps the lowest.
TEST(Tova, TiesKeepTheOldest) {
  const auto flat = lab::logit_table(6, 0, [](auto, auto) { return 0.0; });
  EXPECT_THAT(lab::replay_head(flat, "tova(size=3)").kept, testing::ElementsAre(0, 1, 2));
}

TEST(Tova, AllHeadsKeepOneSet) {
  const auto layers = lab::replay(lab::random_text({.seed = 3}), "tova(size=7)");
  EXPECT_EQ(layers[0].heads[0][0].kept, layers[0].heads[0][1].kept);
}

}  // namespace kvern
