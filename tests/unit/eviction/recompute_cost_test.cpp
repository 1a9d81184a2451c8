#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

namespace {

// Two prompts of one block, of 1600 and 400 tokens; then a third asks for room.
std::string evicted(SimTime first, SimTime second, SimTime third) {
  ChainCache cache("recompute_cost", 2);
  cache.like.request_tokens = 1600;
  cache.serve("A", first);
  cache.like.request_tokens = 400;
  cache.serve("B", second);
  return cache.serve("C", third);
}

}  // namespace

// Equally old: 400 < 1600. After 120 s 1600 is worth 1600 / 3 = 533, after 300 s 1600 / 6 = 267.
TEST(RecomputeCost, WorthFadesWithAge) {
  EXPECT_EQ(evicted(0, 0, 0), "B");
  EXPECT_EQ(evicted(0, 120 * kSecond, 120 * kSecond), "B");
  EXPECT_EQ(evicted(0, 300 * kSecond, 300 * kSecond), "A");
}

// Later blocks of a prompt save less: 32 tokens from A's beginning, 16 from B's.
TEST(RecomputeCost, APromptGoesFromItsEnd) {
  ChainCache cache("recompute_cost", 2);
  cache.serve("AB");
  EXPECT_EQ(cache.serve("C"), "B");
}

// Content 7 saved 1600 tokens once, now 100: .2 x 100 + .8 x 1600 = 1300, more than the 1000 of 8.
TEST(RecomputeCost, TheEstimateOutlivesTheBlock) {
  Issues issues;
  const auto policy = make_policy(eviction::table(), "eviction",
                                  parse_policy("recompute_cost", {}, issues), "", issues);
  policy->prepare(1024, {});
  policy->inserted(BlockId{0}, {.content = 7, .request_tokens = 1600}, 0);
  policy->removed(BlockId{0});
  policy->inserted(BlockId{0}, {.content = 7, .request_tokens = 100}, 0);
  policy->inserted(BlockId{1}, {.content = 8, .request_tokens = 1000}, 0);
  EXPECT_EQ(index(policy->victim(0)), 1U);
}

}  // namespace kvern
