#include <gmock/gmock.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Steps cost 1 us for each prefill token and 10 us in any case.
Lab one_replica() {
  Lab lab;
  lab.cost = "affine(a=10 us, b=1 us, c=0 us, d=0 ns)";
  return lab;
}

std::vector<std::string> steps(const Outcome& outcome) {
  std::vector<std::string> out;
  for (const StepRow& row : outcome.steps) out.push_back(text(row));
  return out;
}

// Budget 8: the prompt of 12 runs as chunks of 8 and 4; the second chunk leaves 4 tokens of budget,
// of which the next prompt (6) takes 4; its last 2 run beside the first request's decode.
TEST(VllmV1, ChunksShareABudgetWithDecodes) {
  Lab lab = one_replica();
  lab.batching = "vllm_v1(max_num_batched_tokens=8)";
  lab.step_rows = true;
  lab.requests = {{0, 12, 2, {}}, {0, 6, 1, {}}};
  EXPECT_THAT(steps(*run(lab)), ElementsAre(HasSubstr("kind 0 0..18000 seqs 1 prefill 8"),
                                            HasSubstr("kind 0 18000..36000 seqs 2 prefill 8"),
                                            HasSubstr("kind 2 36000..48000 seqs 2 prefill 2")));
}

// Blocks of 4, three of them. Both prompts (4 tokens, 1 block) start at 0; the first decode of each
// needs a block: request 0 gets the third one, request 1 finds none and, as the newest, is
// preempted itself. It resumes when request 0 has ended, refilling 4 + 1 tokens.
TEST(VllmV1, PreemptsTheNewestAndRefills) {
  Lab lab = one_replica();
  lab.blocks = 3;
  lab.block_size = 4;
  lab.requests = {{0, 4, 3, {}}, {0, 4, 3, {}}};
  const auto outcome = run(lab);
  ASSERT_EQ(outcome->requests.size(), 2U);
  const RequestRow& second = outcome->requests[1];
  EXPECT_EQ(second.id, 1U);
  EXPECT_EQ(second.preemptions, 1U);
  EXPECT_EQ(second.recomputed_tokens, 4U);  // position 4 was never computed before
  // 0..18 both prefill (10 + 8), 18..38 two decodes of request 0, 38..53 refill of 5, 53..63
  // decode.
  EXPECT_EQ(second.first_token_ns, 18'000);
  EXPECT_EQ(outcome->requests[0].finish_ns, 38'000);
  EXPECT_EQ(second.finish_ns, 63'000);
}

// A full hit computes its last block again: 8 tokens in blocks of 4 hit one block of two.
TEST(VllmV1, APrefixHitLeavesTheLastBlockToCompute) {
  Lab lab = one_replica();
  lab.block_size = 4;
  lab.prefix_cache = true;
  lab.requests = {{0, 8, 1, {7, 8}}, {100'000, 8, 1, {7, 8}}};
  const auto outcome = run(lab);
  EXPECT_EQ(outcome->requests[1].cached_tokens, 4U);
  EXPECT_EQ(outcome->requests[1].finish_ns, 100'000 + 10'000 + 4'000);
}

// Two requests that share nothing, nine blocks of 16 for 69 tokens each: one is stopped and finds
// its own blocks again. That is a resumption and no hit.
TEST(VllmV1, AResumptionIsNoHit) {
  Lab lab = one_replica();
  lab.blocks = 9;
  lab.prefix_cache = true;
  lab.requests = {{0, 34, 35, {1, 2, 3}}, {0, 34, 35, {11, 12, 13}}};
  const Ledger ledger = run(lab)->ledgers[0];
  EXPECT_GT(ledger.preemptions, 0U);
  EXPECT_EQ(ledger.block_lookups, 4U);  // two full blocks of each prompt, once
  EXPECT_EQ(ledger.block_hits, 0U);
  EXPECT_EQ(ledger.cached_tokens, 0U);
  EXPECT_GT(ledger.resumed_tokens, 0U);
}

TEST(VllmV1, RejectsWhatThePoolCanNeverHold) {
  Lab lab = one_replica();
  lab.blocks = 2;
  lab.block_size = 4;
  lab.requests = {{0, 8, 2, {}}, {0, 8, 1, {}}};  // ceil((8 + 2 - 1) / 4) = 3 blocks; 2 blocks
  const auto outcome = run(lab);
  EXPECT_EQ(outcome->ledgers[0].rejected, 1U);
  EXPECT_EQ(outcome->ledgers[0].finished, 1U);
}

// Ten blocks of 16; both declare 1000 tokens: ceil((16 + 1000 - 1) / 16) = 64 blocks. The answer to
// both is the same, whatever they would have produced.
TEST(VllmV1, RefusesByWhatIsDeclared) {
  Lab lab = one_replica();
  lab.blocks = 10;
  lab.requests = {{0, 16, 20, {}}, {50'000'000, 16, 200, {}}};
  lab.requests[0].max_tokens = lab.requests[1].max_tokens = 1000;
  const auto both = run(lab);
  EXPECT_EQ(both->ledgers[0].rejected, 2U);
  EXPECT_FALSE(both->saw_outputs);
  // 10 blocks hold 16 + 145 - 1 tokens.
  lab.requests[0].max_tokens = lab.requests[1].max_tokens = 145;
  lab.requests[1].output = 145;
  EXPECT_EQ(run(lab)->ledgers[0].finished, 2U);
}

// Nothing declared: the traced answer is what the second is refused by, and the run says so.
TEST(VllmV1, RefusalByATracedAnswerIsClairvoyant) {
  Lab lab = one_replica();
  lab.blocks = 10;
  lab.requests = {{0, 16, 20, {}}, {50'000'000, 16, 200, {}}};
  const auto told = run(lab);
  EXPECT_EQ(told->ledgers[0].rejected, 1U);
  EXPECT_TRUE(told->saw_outputs);
  // A prompt that no pool could hold is refused by what a server knows.
  lab.requests[1] = {50'000'000, 1600, 20, {}};
  const auto plain = run(lab);
  EXPECT_EQ(plain->ledgers[0].rejected, 1U);
  EXPECT_FALSE(plain->saw_outputs);
}

std::vector<SimTime> first_tokens(const Outcome& outcome) {
  std::vector<SimTime> out(outcome.requests.size());
  for (const RequestRow& row : outcome.requests) out[row.id] = row.first_token_ns;
  return out;
}

// Planned ahead, the step from 10 to 20 us was fixed at 0: who comes at 5 us joins the one after.
// One who comes as a step begins is in the next.
TEST(VllmV1, AsyncSchedulingSeesArrivalsAStepLate) {
  Lab lab;
  lab.cost = "affine(a=10 us, b=0 us, c=0 us, d=0 ns)";
  lab.requests = {{0, 4, 9, {}}, {5'000, 4, 1, {}}, {40'000, 4, 1, {}}};
  EXPECT_THAT(first_tokens(*run(lab)), ElementsAre(10'000, 20'000, 50'000));
  lab.batching = "vllm_v1(async_scheduling=true)";
  EXPECT_THAT(first_tokens(*run(lab)), ElementsAre(10'000, 30'000, 60'000));
}

// Two seats: request 0 ends at 20 us, and the third takes its seat. The step from 20 to 30 us was
// planned at 10 us, when the seat was still held. Alone, nothing is planned at 10 us, so the engine
// looks again when the step has ended. An end by length costs no step in either.
TEST(VllmV1, AsyncSchedulingSeesEndsAStepLate) {
  Lab lab;
  lab.cost = "affine(a=10 us, b=0 us, c=0 us, d=0 ns)";
  lab.requests = {{0, 4, 2, {}}, {0, 4, 9, {}}, {0, 4, 1, {}}};
  lab.batching = "vllm_v1(max_num_seqs=2)";
  EXPECT_THAT(first_tokens(*run(lab)), ElementsAre(10'000, 10'000, 30'000));
  lab.batching = "vllm_v1(max_num_seqs=2, async_scheduling=true)";
  EXPECT_THAT(first_tokens(*run(lab)), ElementsAre(10'000, 10'000, 40'000));
  lab.requests = {{0, 4, 2, {}}, {0, 4, 1, {}}};
  lab.batching = "vllm_v1(max_num_seqs=1, async_scheduling=true)";
  const auto alone = run(lab);
  EXPECT_THAT(first_tokens(*alone), ElementsAre(10'000, 30'000));
  EXPECT_EQ(alone->ledgers[0].steps(), 3U);
}

}  // namespace
}  // namespace kvern::lab
