// Who stops when blocks are short. Blocks of 4, three of them, steps of 10 us and 1 us a prefill
// token, as in the tests of vllm_v1: both requests (4 tokens, one block) start at 0, and at the
// first decode only one of them finds a block.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "policies/preemption.h"
#include "tests/lab/program.h"
#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

using testing::HasSubstr;

Lab short_of_blocks(const std::string& rule) {
  Lab lab;
  lab.cost = "affine(a=10 us, b=1 us, c=0 us, d=0 ns)";
  lab.blocks = 3;
  lab.block_size = 4;
  lab.batching = "vllm_v1(preemption=" + rule + ")";
  lab.requests = {{0, 4, 3, {}}, {0, 4, 3, {}}};
  return lab;
}

std::vector<int> preemptions(const Lab& lab) {
  const auto outcome = run(lab);
  std::vector<int> counts(lab.requests.size());
  for (const RequestRow& row : outcome->requests) counts[row.id] = row.preemptions;
  return counts;
}

TEST(Preemption, TheEngineStopsTheNewest) {
  for (const char* rule : {"recompute", "newest", "latest_arrival"}) {
    EXPECT_EQ(preemptions(short_of_blocks(rule)), (std::vector<int>{0, 1})) << rule;
  }
}

// The first has the longer prompt: it stops for the second, and gives back the token of the step
// that it had been given already.
TEST(Preemption, TheLongestPromptStops) {
  Lab lab = short_of_blocks("longest_prompt");
  lab.requests = {{0, 4, 3, {}}, {0, 3, 6, {}}};
  const auto outcome = run(lab);
  ASSERT_EQ(outcome->ledgers[0].finished, 2U);
  EXPECT_EQ(preemptions(lab), (std::vector<int>{1, 0}));
}

// Request 1 was stopped and came back, so it is the newest; request 2 arrived after it.
TEST(Preemption, LatestArrivalSparesWhoCameBack) {
  Lab lab = short_of_blocks("latest_arrival");
  lab.blocks = 6;
  lab.requests = {{0, 4, 20, {}}, {1'000, 4, 20, {}}, {2'000, 4, 20, {}}};
  const std::vector<int> spared = preemptions(lab);
  EXPECT_EQ(spared[0], 0);
  EXPECT_GE(spared[2], spared[1]);
}

// Every rule, with and without names for blocks, both batching rules, fused and step by step. The
// laws of blocks are checked after every event.
TEST(Preemption, FusedEqualsStepwiseForEveryRule) {
  std::uint64_t stopped = 0;
  for (const auto& rule : preemption::table()) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      Lab lab = random_lab(seed);
      lab.batching =
          seed % 2 == 0 && !lab.prefix_cache
              ? fmt::format("vllm_v0(chunked={}, preemption={})", seed % 4 == 0, rule.name)
              : fmt::format(
                    "vllm_v1(max_num_batched_tokens={}, reserve_full_isl={}, "
                    "preemption={})",
                    seed % 3 == 0 ? 400 : 30, seed % 5 > 0, rule.name);
      lab.tiers.clear();
      lab.blocks = std::min(lab.blocks, 40U);
      const auto fused = run(lab);
      stopped += fused->ledgers[0].preemptions;
      lab.stepwise = true;
      ASSERT_EQ(text(*fused, false), text(*run(lab), false))
          << rule.name << " seed " << seed << describe(lab);
    }
  }
  EXPECT_GT(stopped, 2000U);
}

constexpr const char* kScenario = R"toml(
name = "refused"
[workload]
arrivals = "poisson(rate=1 req/s)"
lengths = "constant(prompt=10, output=10)"
requests = 3
[[pool]]
step_cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)"
[pool.batching]
policy = "vllm_v1"
preemption = "recompute"
[pool.kv]
blocks = 100
)toml";

TEST(Preemption, WhatCanNotBeIsRefused) {
  const Program program{KVERN_BINARY};
  const std::string file = program.write("scenario.toml", kScenario);
  EXPECT_EQ(program.run(file, {}).code, 0);
  const auto swap = program.run(file, {"--set", "pool.0.batching.preemption=swap"});
  EXPECT_EQ(swap.code, 2);
  EXPECT_THAT(swap.err, HasSubstr("not built yet"));
  const auto unknown = program.run(file, {"--set", "pool.0.batching.preemption=newst"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"newest\""));
  EXPECT_EQ(program.run(file, {"--set", "pool.0.batching.preemption=longest_prompt"}).code, 0);
}

}  // namespace
}  // namespace kvern::lab
