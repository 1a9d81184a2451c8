#include "policies/parts/tokens/token_draws.h"

#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

TEST(TokenDraws, AreThoseOfTheDefinition) {
  EXPECT_EQ(token_eviction::token_uniform(7, 0, 0, 0, 0), .045311539271475965);
}

// The set is that of the highest draws among all tokens, whenever they were evicted.
TEST(Random, KeepsTheHighestDraws) {
  const HeadReplay head = lab::replay_head(lab::micro_table(24), "random(size=4, seed=7)");
  std::vector<std::pair<double, std::uint32_t>> draws;
  for (std::uint32_t j = 0; j < 24; ++j)
    draws.emplace_back(token_eviction::token_uniform(7, 0, 0, 0, j), j);
  std::sort(draws.rbegin(), draws.rend());
  std::vector<std::uint32_t> best;
  for (int i = 0; i < 4; ++i) best.push_back(draws[i].second);
  EXPECT_THAT(head.kept, testing::UnorderedElementsAreArray(best));
}

}  // namespace kvern
