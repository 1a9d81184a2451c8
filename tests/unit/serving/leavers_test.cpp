// Clients that leave before their answer. Steps cost 10 us and 1 us a prefill token: a prompt of 4
// runs from 0 to 14 us and gives the first token, decode steps end at 24, 34, 44 ... us.
#include <gtest/gtest.h>

#include <tuple>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

Lab leaving_lab(std::vector<LabRequest> requests, bool stepwise) {
  Lab lab;
  lab.cost = "affine(a=10 us, b=1 us, c=0 us, d=0 ns)";
  lab.requests = std::move(requests);
  lab.stepwise = stepwise;
  lab.joules = true;
  return lab;
}

LabRequest leaving(std::uint32_t output, SimTime leaves, bool hangs_up) {
  LabRequest request;
  request.prompt = 4;
  request.output = output;
  request.leaves = leaves;
  request.hangs_up = hangs_up;
  return request;
}

// Dropped where the step under way ends; what it drew is wasted, all of it.
TEST(Leavers, AHangUpIsNoticedBetweenSteps) {
  for (const bool stepwise : {false, true}) {
    const auto outcome = run(leaving_lab({leaving(10, 25'000, true)}, stepwise));
    const RequestRow& row = outcome->requests.at(0);
    EXPECT_EQ(row.status, RequestStatus::Cancelled);
    EXPECT_EQ(row.output_tokens, 3U);
    EXPECT_EQ(row.finish_ns, 34'000);
    const Ledger& ledger = outcome->ledgers[0];
    EXPECT_EQ(ledger.cancelled, 1U);
    EXPECT_EQ(ledger.finished, 0U);
    EXPECT_EQ(ledger.picojoules_wasted / 1000, row.energy_nj);
    EXPECT_GT(row.energy_nj, 0);
  }
}

TEST(Leavers, AtAStepsEndItGoesAtOnce) {
  for (const bool stepwise : {false, true}) {
    const auto outcome = run(leaving_lab({leaving(10, 24'000, true)}, stepwise));
    EXPECT_EQ(outcome->requests.at(0).output_tokens, 2U);
    EXPECT_EQ(outcome->requests.at(0).finish_ns, 24'000);
  }
}

TEST(Leavers, AnAnswerAtThatInstantIsRead) {
  for (const bool told : {false, true}) {
    const auto outcome = run(leaving_lab({leaving(2, 24'000, told)}, false));
    EXPECT_EQ(outcome->requests.at(0).status, RequestStatus::Finished);
    EXPECT_EQ(outcome->ledgers[0].picojoules_wasted, 0);
  }
}

TEST(Leavers, AServerThatIsNotToldGoesOnForNobody) {
  for (const bool stepwise : {false, true}) {
    const auto outcome = run(leaving_lab({leaving(6, 25'000, false)}, stepwise));
    const RequestRow& row = outcome->requests.at(0);
    EXPECT_EQ(row.status, RequestStatus::Cancelled);
    EXPECT_EQ(row.output_tokens, 6U);
    EXPECT_EQ(row.finish_ns, 64'000);
    EXPECT_EQ(outcome->ledgers[0].picojoules_wasted / 1000, row.energy_nj);
  }
}

// One place: the second waits from 0 and leaves at 20 us; the third gets the place at 44 us.
TEST(Leavers, WhoWaitsLeavesTheQueue) {
  for (const bool stepwise : {false, true}) {
    Lab lab = leaving_lab(
        {leaving(4, kNever, true), leaving(4, 20'000, true), leaving(1, kNever, true)}, stepwise);
    lab.batching = "vllm_v1(max_num_seqs=1)";
    const auto outcome = run(lab);
    ASSERT_EQ(outcome->requests.size(), 3U);
    const RequestRow& gone = outcome->requests[0];
    EXPECT_EQ(gone.id, 1U);
    EXPECT_EQ(gone.first_scheduled_ns, -1);
    EXPECT_EQ(gone.finish_ns, 24'000);
    EXPECT_EQ(gone.energy_nj, 0);
    EXPECT_EQ(outcome->requests[2].first_scheduled_ns, 44'000);
  }
}

// The step that begins at the hang-up or after it was planned before: it takes part in that one.
TEST(Leavers, PlannedAheadItRunsOneStepMore) {
  for (const bool stepwise : {false, true}) {
    for (const auto& [leaves, tokens, end] :
         {std::tuple(25'000, 4U, 44'000), std::tuple(24'000, 3U, 34'000)}) {
      Lab lab = leaving_lab({leaving(10, leaves, true)}, stepwise);
      lab.batching = "vllm_v1(async_scheduling=true)";
      const auto outcome = run(lab);
      EXPECT_EQ(outcome->requests.at(0).status, RequestStatus::Cancelled);
      EXPECT_EQ(outcome->requests.at(0).output_tokens, tokens);
      EXPECT_EQ(outcome->requests.at(0).finish_ns, end);
    }
  }
}

// Asleep, a replica wakes for a request; when that one hangs up meanwhile, nobody is there.
TEST(Leavers, WhoIsWaitedForWhileItWakesLeavesAtOnce) {
  Lab lab = leaving_lab({leaving(1, kNever, true), leaving(1, 0, true)}, false);
  lab.sleep = "after_idle(idle=1 us, state=bare, wake=1 ms)";
  lab.requests[1].arrival = 500'000;
  lab.requests[1].leaves = 600'000;
  const auto outcome = run(lab);
  const RequestRow& gone = outcome->requests.at(1);
  EXPECT_EQ(gone.status, RequestStatus::Cancelled);
  EXPECT_EQ(gone.first_scheduled_ns, -1);
  EXPECT_EQ(gone.finish_ns, 600'000);
}

// A tier of 1 block in 100 us, written through. Two requests leave 4 + 1 and 2 + 1 blocks there and
// a third drives them from GPU memory (8 blocks of 4 tokens). Then at 10 ms: A fetches 4 blocks
// until 10.4 ms; C fetches 2, has them at 10.2 ms and finds no room for its other 4; B comes at
// 10.25 ms, needs 2 blocks and waits behind C. C's client hangs up at 10.3 ms: B runs at once,
// though until 10.4 ms nothing else happens on that replica.
TEST(Leavers, WhoHeldFetchedBlocksMakesRoomAtOnce) {
  for (const bool stepwise : {false, true}) {
    Lab lab = leaving_lab({}, stepwise);
    lab.blocks = 8;
    lab.block_size = 4;
    lab.prefix_cache = true;
    LabTier& tier = lab.tiers.emplace_back();
    tier.bytes_per_second = 10'000'000;
    tier.latency = 0;
    tier.write_through = true;
    const auto asks = [&lab](SimTime at, std::uint32_t prompt, std::vector<std::uint32_t> blocks) {
      LabRequest& request = lab.requests.emplace_back();
      request.arrival = at;
      request.prompt = prompt;
      request.blocks = std::move(blocks);
    };
    asks(0, 20, {1, 2, 3, 4, 5});
    asks(1'000'000, 12, {11, 12, 13});
    asks(2'000'000, 32, {});
    asks(10'000'000, 17, {1, 2, 3, 4});
    asks(10'000'000, 23, {11, 12});
    lab.requests.back().leaves = 10'300'000;
    asks(10'250'000, 8, {});
    const auto outcome = run(lab);
    ASSERT_EQ(outcome->requests.size(), 6U);
    EXPECT_EQ(outcome->requests[3].id, 4U);
    EXPECT_EQ(outcome->requests[3].status, RequestStatus::Cancelled);
    EXPECT_EQ(outcome->requests[3].finish_ns, 10'300'000);
    EXPECT_EQ(outcome->requests[4].id, 5U);
    EXPECT_EQ(outcome->requests[4].first_scheduled_ns, 10'300'000);
    EXPECT_EQ(outcome->requests[5].first_scheduled_ns, 10'400'000);
  }
}

}  // namespace
}  // namespace kvern::lab
