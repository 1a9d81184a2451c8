#include <map>

#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

namespace {

struct ListedOracle final : Oracle {
  std::map<std::uint64_t, std::uint64_t> next;
  std::uint64_t next_use(std::uint64_t content) const override {
    const auto found = next.find(content);
    return found == next.end() ? kNoNextUse : found->second;
  }
  std::uint64_t position() const override { return 1; }
};

}  // namespace

// At position 1: block 0 is asked for 10 later and costs 100, .1; block 1 2 later, costs 10, .2: it
// goes, though it is asked for first. One that is never asked for goes before both, whatever it
// costs. A block in use is spared.
TEST(BeladyCost, WaitPerCostDecides) {
  Issues issues;
  const auto policy = make_policy(eviction::table(), "eviction",
                                  parse_policy("belady_cost", {}, issues), "", issues);
  EXPECT_TRUE(policy->clairvoyant());
  ListedOracle oracle;
  oracle.next = {{0, 11}, {1, 3}};
  policy->foresee(oracle);
  policy->prepare(3, {});
  policy->inserted(BlockId{0}, {.content = 0, .recompute_cost_ns = 100}, 0);
  policy->inserted(BlockId{1}, {.content = 1, .recompute_cost_ns = 10}, 0);
  EXPECT_EQ(index(policy->victim(0)), 1U);
  policy->inserted(BlockId{2}, {.content = 2, .recompute_cost_ns = 1000}, 0);
  EXPECT_EQ(index(policy->victim(0)), 2U);
  policy->removed(BlockId{2});
  policy->pinned(BlockId{1});
  EXPECT_EQ(index(policy->victim(0)), 0U);
  policy->released(BlockId{1}, 0);
  EXPECT_EQ(index(policy->victim(0)), 1U);
}

}  // namespace kvern
