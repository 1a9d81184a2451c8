#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

lab::RecordedText looks_at_two() {
  return lab::logit_table(
      10, 10, [](std::uint32_t i, std::uint32_t j) { return j == 2 && i == 9 ? 4.0 : 0.0; });
}

// The last query looks at 2; sinks 0, the last 2, and two with the highest scores: 2 and, of
// equals, 0 (or 1, when 0 is a sink).
TEST(Nacl, ProxiesChoose) {
  EXPECT_THAT(lab::replay_head(looks_at_two(), "nacl(proxy=1, protect=2, keep=2)").kept,
              ElementsAre(0, 2, 8, 9));
  EXPECT_THAT(lab::replay_head(looks_at_two(), "nacl(proxy=1, protect=2, keep=2, sinks=1)").kept,
              ElementsAre(0, 1, 2, 8, 9));
  EXPECT_EQ(lab::replay_head(looks_at_two(), "nacl(proxy=1, protect=2, keep=8)").kept.size(), 10U);
}

// Draws change with the seed, the kept part does not.
TEST(Nacl, DrawsTheRest) {
  const auto kept = [](int seed) {
    return lab::replay_head(looks_at_two(),
                            "nacl(proxy=1, keep=1, random=3, seed=" + std::to_string(seed) + ")")
        .kept;
  };
  EXPECT_EQ(kept(1), kept(1));
  bool differs = false;
  for (int seed = 0; seed < 8; ++seed) {
    EXPECT_EQ(kept(seed).size(), 5U);
    EXPECT_THAT(kept(seed), testing::Contains(2));
    EXPECT_THAT(kept(seed), testing::Contains(9));
    differs = differs || kept(seed) != kept(0);
  }
  EXPECT_TRUE(differs);
}

// Not causal: the first proxy sees the last token, too.
TEST(Nacl, ProxiesMayLookAhead) {
  const auto table = lab::logit_table(6, 6, [](std::uint32_t i, std::uint32_t j) {
    return i == 4 && j == 5 ? 9.0 : (i == 4 && j == 1 ? 1.0 : 0.0);
  });
  EXPECT_THAT(lab::replay_head(table, "nacl(proxy=2, protect=0, keep=1)").kept, ElementsAre(1));
  EXPECT_THAT(lab::replay_head(table, "nacl(proxy=2, protect=0, keep=1, causal=false)").kept,
              ElementsAre(5));
}

}  // namespace kvern
