// Memory tiers below a pool of 4 blocks of 4 tokens. A step takes 2048 us and 1 us a token, so that
// a block is worth its 512th part of the 4096 us of a usual chunk (2048 tokens): 8 us. A block has
// 1000 B; the tier's link carries 1 B/ns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

constexpr SimTime kMicro = 1000;

Lab small_lab() {
  Lab lab;
  lab.cost = "affine(a=2048 us, b=1 us, c=0 us, d=0 ns)";
  lab.eviction = "fifo";
  lab.block_size = 4;
  lab.blocks = 4;
  lab.prefix_cache = true;
  lab.tiers = {LabTier{}};
  return lab;
}

// 13 tokens of which 12 fill named blocks, one token out; then others that take all four places;
// then the first again.
Lab there_and_back() {
  Lab lab = small_lab();
  lab.requests = {
      {0, 13, 1, {1, 2, 3}}, {1 * kSecond, 13, 1, {4, 5, 6}}, {2 * kSecond, 13, 1, {1, 2, 3}}};
  return lab;
}

bool is_fetch(const TransferRow& row) {
  return row.kind == static_cast<std::uint8_t>(TransferKind::Fetch);
}

// start, end, bytes of the moves of one direction
using Moves = std::vector<std::tuple<SimTime, SimTime, std::uint64_t>>;
Moves moves(const Outcome& outcome, bool fetches) {
  Moves found;
  for (const TransferRow& row : outcome.transfers) {
    if (is_fetch(row) == fetches) found.emplace_back(row.start_ns, row.end_ns, row.bytes);
  }
  return found;
}

}  // namespace

// Three blocks cost 24 us to compute. A fetch takes the latency and 3000 B / (1 B/ns) = 3 us: at
// 21 us of latency as long, and the blocks are fetched; one nanosecond more, and they are computed.
// Fetched: the step begins 24 us after the arrival and computes 1 token. Computed: at once, all 13.
TEST(Tiers, MinTimeFetchesUpToTheTimeOfPrefill) {
  Lab lab = there_and_back();
  lab.tiers[0].fetch = "min_time";
  lab.tiers[0].latency = 21 * kMicro;
  const auto fetched = run(lab);
  EXPECT_EQ(fetched->requests[2].cached_tokens, 12U);
  EXPECT_EQ(fetched->requests[2].first_scheduled_ns, 2 * kSecond + 24 * kMicro);
  EXPECT_EQ(fetched->requests[2].first_token_ns, 2 * kSecond + (24 + 2048 + 1) * kMicro);
  EXPECT_EQ(fetched->ledgers[0].tiers[0].hits, 3U);
  lab.tiers[0].latency = 21 * kMicro + 1;
  const auto computed = run(lab);
  EXPECT_EQ(computed->requests[2].cached_tokens, 0U);
  EXPECT_EQ(computed->requests[2].first_token_ns, 2 * kSecond + (2048 + 13) * kMicro);
  EXPECT_EQ(computed->ledgers[0].tiers[0].hits, 0U);
}

// Written back: the second request needs four places, of which the unnamed one is free; the three
// named blocks leave together when it is planned, at 1 s. The fetch makes two of the second's go
// (one place is unnamed), its admission the third.
TEST(Tiers, WriteBackMovesWhatIsEvicted) {
  Lab lab = there_and_back();
  const auto outcome = run(lab);
  const SimTime one = kSecond, two = 2 * kSecond;
  EXPECT_EQ(moves(*outcome, true), (Moves{{two, two + 4 * kMicro, 3000}}));
  EXPECT_EQ(moves(*outcome, false), (Moves{{one, one + 4 * kMicro, 3000},
                                           {two, two + 3 * kMicro, 2000},
                                           {two + 4 * kMicro, two + 6 * kMicro, 1000}}));
}

// Written through: blocks set out when the step that fills them has ended (2048 + 13 us after its
// start), and nothing moves when they are evicted. What was fetched is known below.
TEST(Tiers, WriteThroughMovesWhatIsFilled) {
  Lab lab = there_and_back();
  lab.tiers[0].write_through = true;
  const auto outcome = run(lab);
  const SimTime filled = (2048 + 13) * kMicro;
  EXPECT_EQ(moves(*outcome, false),
            (Moves{{filled, filled + 4 * kMicro, 3000},
                   {kSecond + filled, kSecond + filled + 4 * kMicro, 3000}}));
  EXPECT_EQ(outcome->requests[2].cached_tokens, 12U);
}

// A full upper tier hands on what it evicts. 1 and 2 go first and fill the tier; 3 and 4 take their
// places, and they sink. A fetch takes from both tiers at once and waits for the slower one: 1000 B
// at 1 B/ns from the first, 2000 B at 0.01 B/ns from the second.
TEST(Tiers, BlocksSinkAndComeUpFromAnyTier) {
  Lab lab = small_lab();
  lab.tiers[0].blocks = 2;
  lab.tiers.push_back(LabTier{});
  lab.tiers[1].bytes_per_second = 10'000'000;
  const SimTime three = 3 * kSecond;
  lab.requests = {{0, 13, 1, {1, 2, 3}},
                  {1 * kSecond, 9, 1, {4, 5}},
                  {2 * kSecond, 9, 1, {6, 7}},
                  {three, 13, 1, {1, 2, 3}}};
  const auto outcome = run(lab);
  EXPECT_EQ(moves(*outcome, true),
            (Moves{{three, three + 2 * kMicro, 1000}, {three, three + 201 * kMicro, 2000}}));
  EXPECT_EQ(outcome->requests[3].first_scheduled_ns, three + 201 * kMicro);
  EXPECT_EQ(outcome->requests[3].cached_tokens, 12U);
}

// While the first of two that arrive together waits for its blocks, the second runs; the first
// goes on with the next step, in its old place before the third.
TEST(Tiers, WhoWaitsForAFetchIsSkippedAndKeepsItsPlace) {
  Lab lab = there_and_back();
  lab.blocks = 8;
  lab.batching = "vllm_v1(max_num_batched_tokens=13)";
  lab.requests[1] = {kSecond, 29, 1, {11, 12, 13, 14, 15, 16, 17}};  // all eight places
  lab.requests.push_back({2 * kSecond, 13, 1, {}});
  lab.requests.push_back({2 * kSecond, 13, 1, {}});
  const auto outcome = run(lab);
  std::vector<std::uint32_t> order;
  for (const RequestRow& row : outcome->requests) order.push_back(row.id);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{0, 1, 3, 2, 4}));
  EXPECT_EQ(outcome->requests[2].first_scheduled_ns, 2 * kSecond);
  EXPECT_EQ(outcome->requests[3].cached_tokens, 12U);
}

// One request at a time, twelve blocks. The third prefills from 2081 us on, which evicts the blocks
// that the fourth will ask for, and decodes from 4146 us in steps of 2048. The fourth comes at
// 5000 us: with prefetch its blocks set out at the next planning, at 6194 us; without when it is
// its turn, 9 decode steps after 4146 us.
TEST(Tiers, PrefetchBeginsWhenARequestIsQueued) {
  Lab lab = small_lab();
  lab.batching = "vllm_v1(max_num_seqs=1)";
  lab.blocks = 12;
  lab.requests = {{0, 13, 1, {1, 2, 3}},
                  {kSecond, 33, 1, {4, 5, 6, 7, 8, 9, 10, 11}},
                  {kSecond + 1, 17, 10, {21, 22, 23, 24}},
                  {kSecond + 5000 * kMicro, 13, 1, {1, 2, 3}}};
  const SimTime turn = kSecond + (4146 + 9 * 2048) * kMicro;
  const auto late = run(lab);
  EXPECT_EQ(moves(*late, true), (Moves{{turn, turn + 4 * kMicro, 3000}}));
  EXPECT_EQ(late->requests[3].first_scheduled_ns, turn + 4 * kMicro);
  lab.tiers[0].prefetch = true;
  const auto early = run(lab);
  const SimTime queued = kSecond + 6194 * kMicro;
  EXPECT_EQ(moves(*early, true), (Moves{{queued, queued + 4 * kMicro, 3000}}));
  EXPECT_EQ(early->requests[3].first_scheduled_ns, turn);
}

}  // namespace kvern::lab
