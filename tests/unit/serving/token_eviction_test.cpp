// A serving replica under a token policy: the blocks it holds, the tokens it reads, step by step.
#include <gmock/gmock.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

using testing::ElementsAre;

// One request, blocks of 16: prompt, then output - 1 decode steps.
Lab one_request(const std::string& policy, std::uint32_t prompt, std::uint32_t output) {
  Lab lab;
  lab.token_eviction = policy;
  lab.requests = {{0, prompt, output, {}}};
  lab.cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=1 us)";
  lab.step_rows = true;
  return lab;
}

std::vector<std::uint32_t> blocks_used(const Outcome& outcome) {
  std::vector<std::uint32_t> used;
  for (const StepRow& row : outcome.steps) used.push_back(row.blocks_used);
  return used;
}

std::vector<std::uint64_t> tokens_read(const Outcome& outcome) {
  std::vector<std::uint64_t> read;
  for (const StepRow& row : outcome.steps) read.push_back(row.kv_tokens_read);
  return read;
}

// The prefill holds all 40 tokens, 3 blocks, and gives back all but 16 at its end. Each of 4 decode
// steps reads 16 + itself and lasts 1000 + 17 us: the end is at 1000 + 4 * 1017 us.
TEST(TokenEviction, APrefillHoldsItsPromptAndGivesBackTheRest) {
  const auto outcome = run(one_request("window(size=16)", 40, 5));
  EXPECT_THAT(blocks_used(*outcome), ElementsAre(3, 1, 1, 1, 1));
  EXPECT_THAT(tokens_read(*outcome), ElementsAre(0, 17, 17, 17, 17));
  EXPECT_EQ(outcome->requests[0].finish_ns, 5'068'000);
}

// 47 tokens of the prompt fit into the window of 49, so the cache grows for two steps:
// 47 48 49 49 49 tokens held, and the 49th starts a fourth block.
TEST(TokenEviction, ACacheGrowsUpToItsSize) {
  const auto outcome = run(one_request("window(size=49)", 47, 5));
  EXPECT_THAT(blocks_used(*outcome), ElementsAre(3, 3, 4, 4, 4));
  EXPECT_THAT(tokens_read(*outcome), ElementsAre(0, 48, 49, 50, 50));
}

// The first of two layers keeps all, the other 8: after a prompt of 23 that is (23 + 8) / 2 = 15.5
// on average, 16 rounded up; then 16, 16.5, 17. What is read is 15.5 -> 16 and itself, then
// 16, 16.5 -> 17.
TEST(TokenEviction, LayersCountByTheirMean) {
  Lab lab = one_request("l2_norm(size=8, skip_layers=1)", 23, 4);
  lab.layers = 2;
  const auto outcome = run(lab);
  EXPECT_THAT(blocks_used(*outcome), ElementsAre(2, 1, 2, 2));
  EXPECT_THAT(tokens_read(*outcome), ElementsAre(0, 17, 17, 18));
}

// Full at 16, each eviction takes 8: 16 -> 9 (of 17), and again up to 16. Blocks of 4: what a step
// evicts is held until its end.
TEST(TokenEviction, ASawToothGivesBlocksBack) {
  Lab lab = one_request("scissorhands(size=16, recent=1, drop=8)", 16, 11);
  lab.block_size = 4;
  const auto outcome = run(lab);
  // Held before each decode step:          16 9  10 11 12 13 14 15 16 9
  EXPECT_THAT(blocks_used(*outcome), ElementsAre(4, 4, 3, 3, 3, 4, 4, 4, 4, 4, 3));
  EXPECT_THAT(tokens_read(*outcome), ElementsAre(0, 17, 10, 11, 12, 13, 14, 15, 16, 17, 10));
}

// Quest keeps all, and reads the last page of 4 and one more: 4 + 13 mod 4 = 5 and itself ...
TEST(TokenEviction, ReadsMayBeFewerThanHeld) {
  const auto outcome = run(one_request("quest(page=4, pages=2)", 13, 6));
  EXPECT_THAT(blocks_used(*outcome), ElementsAre(1, 1, 1, 1, 2, 2));
  EXPECT_THAT(tokens_read(*outcome), ElementsAre(0, 6, 7, 8, 5, 6));
}

// NACL keeps 4 of a prompt, and whatever comes later. Two prompts of 8 take 4 of the 5 blocks
// of 4; 2 are left after their eviction. Both grow: 5 tokens at the first decode step (2 blocks
// each), 9 at the fifth, for which there is no block: the second request goes, with 8 + 5 known
// tokens. Those 13 are its prompt, and wait for 4 free blocks until the first has given its 12th
// token (15 tokens held: 4 blocks). Then it holds 4 blocks, keeps 4 tokens, and grows: 5 in the
// next step.
TEST(TokenEviction, AfterAPreemptionAllKnownTokensAreThePrompt) {
  Lab lab = one_request("nacl(proxy=1, keep=3)", 8, 12);
  lab.requests.push_back(lab.requests[0]);
  lab.blocks = 5;
  lab.block_size = 4;
  const auto outcome = run(lab);
  EXPECT_THAT(blocks_used(*outcome),
              ElementsAre(4, 4, 4, 4, 4, 3, 3, 3, 3, 4, 4, 4, 4, 2, 2, 2, 2, 3, 3));
  EXPECT_EQ(outcome->requests[1].preemptions, 1);
  EXPECT_EQ(outcome->requests[1].recomputed_tokens, 12U);
  // Two by two: 4 + itself, twice; alone at the end: 4, 5 ... 9 and itself.
  EXPECT_EQ(tokens_read(*outcome)[1], 10U);
  EXPECT_EQ(tokens_read(*outcome).back(), 10U);
}

// Twelve prompts of 64 in a pool of 8 blocks of 16: dense, two prompts fill it (and one must go as
// they grow); at a quarter a prompt of 4 blocks becomes 1, so a prefill and four decodes run at
// once.
TEST(TokenEviction, MoreSequencesFitIntoThePool) {
  const auto most = [](const std::string& policy) {
    Lab lab = one_request(policy, 64, 16);
    lab.requests.resize(12, lab.requests[0]);
    lab.blocks = 8;
    std::uint32_t sequences = 0;
    const auto outcome = run(lab);
    for (const StepRow& row : outcome->steps) sequences = std::max(sequences, row.sequences);
    return sequences;
  };
  EXPECT_EQ(most(""), 2U);
  EXPECT_EQ(most("h2o(budget=0.25)"), 5U);
}

}  // namespace
}  // namespace kvern::lab
