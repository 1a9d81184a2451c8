#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// Ten tokens of prompt: 0 is special, 5 punctuation. What the queries look at decides the rule.
std::vector<std::uint32_t> kept(std::uint32_t looked_at, const std::string& keys = "") {
  auto text = lab::logit_table(10, 10, [looked_at](std::uint32_t i, std::uint32_t j) {
    return j == looked_at || (i < looked_at && j == 0) ? 20.0 : 0.0;
  });
  text.sequence.token_class = {1, 0, 0, 0, 0, 2, 0, 0, 0, 0};
  return lab::replay_head(text, "fastgen(recover=0.9" + keys + ")").kept;
}

TEST(FastGen, TheFirstRuleThatRecoversEnough) {
  EXPECT_THAT(kept(0), ElementsAre(0));
  EXPECT_THAT(kept(5), ElementsAre(0, 5));
  // Heavy: 30 % of 10 by column sums: 0, 3 and of equals 1.
  EXPECT_THAT(kept(3), ElementsAre(0, 1, 3, 5));
}

// Each query looks at itself: only recent tokens help, three of them.
TEST(FastGen, RecentOrEverything) {
  auto text = lab::logit_table(
      10, 10, [](std::uint32_t i, std::uint32_t j) { return i == j ? 20.0 : 0.0; });
  text.sequence.token_class = {1, 0, 0, 0, 0, 2, 0, 0, 0, 0};
  EXPECT_THAT(lab::replay_head(text, "fastgen(heavy=0.1)").kept, ElementsAre(0, 5, 7, 8, 9));
  const auto flat = [&] {
    auto even = lab::logit_table(10, 10, [](auto, auto) { return 0.0; });
    even.sequence.token_class = text.sequence.token_class;
    return even;
  }();
  EXPECT_EQ(lab::replay_head(flat, "fastgen(heavy=0.1, recent=0.1)").kept.size(), 10U);
  EXPECT_THROW(lab::replay_head(lab::micro_table(9, 4), "fastgen"), std::invalid_argument);
}

}  // namespace kvern
