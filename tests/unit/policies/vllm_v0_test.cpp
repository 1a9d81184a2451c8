#include <gmock/gmock.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

// Steps cost 1 us for each prefill token and 10 us in any case.
Lab one_replica(const std::string& options) {
  Lab lab;
  lab.batching = "vllm_v0(" + options + ")";
  lab.cost = "affine(a=10 us, b=1 us, c=0 us, d=0 ns)";
  return lab;
}

// The second prompt arrives during the first decode (14..24 us); its prefill runs alone (24..38)
// while request 0 waits with its decode.
TEST(VllmV0, PrefillComesFirstAndAlone) {
  Lab lab = one_replica("max_num_batched_tokens=64");
  lab.step_rows = true;
  lab.requests = {{0, 4, 3, {}}, {15'000, 4, 1, {}}};
  const auto outcome = run(lab);
  ASSERT_EQ(outcome->steps.size(), 4U);
  EXPECT_EQ(outcome->steps[2].kind, StepKind::Prefill);
  EXPECT_EQ(outcome->steps[2].start_ns, 24'000);
  EXPECT_EQ(outcome->requests[0].id, 1U);
  EXPECT_EQ(outcome->requests[0].finish_ns, 38'000);
  EXPECT_EQ(outcome->requests[1].finish_ns, 48'000);
}

// Four blocks of 4, two requests of 1 block: after their prefill 2 blocks are free. Both next
// decodes start a block: one_block and exact agree. In the decode after it no block is free though
// both have room: one_block preempts the newest, then the oldest too; exact goes on.
TEST(VllmV0, OneBlockWantsAFreeBlockEvenWithRoom) {
  Lab lab = one_replica("max_num_batched_tokens=64, can_append=one_block");
  lab.blocks = 4;
  lab.block_size = 4;
  lab.requests = {{0, 4, 3, {}}, {0, 4, 3, {}}};
  EXPECT_GE(run(lab)->ledgers[0].preemptions, 1U);
  lab.batching = "vllm_v0(max_num_batched_tokens=64, can_append=exact)";
  EXPECT_EQ(run(lab)->ledgers[0].preemptions, 0U);
}

// Longer than a step: ignored when it reaches the head, and the next head goes on.
TEST(VllmV0, IgnoresPromptsBeyondTheLimit) {
  Lab lab = one_replica("max_num_batched_tokens=6");
  lab.requests = {{0, 7, 1, {}}, {0, 6, 1, {}}};
  const auto outcome = run(lab);
  EXPECT_EQ(outcome->requests[0].status, RequestStatus::Rejected);
  EXPECT_EQ(outcome->requests[1].finish_ns, 16'000);
}

}  // namespace
}  // namespace kvern::lab
