#include "traces/replay/trace_replay.h"
#include "tests/roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "traces/replay/reblocking.h"
#include "traces/replay/time_scale.h"
#include "traces/replay/trace_file.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<std::uint32_t>;

TraceReplay replay_of(const std::string& file) {
  TraceReplay replay;
  replay.trace.file = std::string(KVERN_ROOT) + "/tests/fixtures/" + file;
  return replay;
}

struct SeenRow {
  std::uint32_t id;
  SimTime time;
  std::uint32_t output;
  std::uint32_t max_tokens;
  Ids blocks;
};

SeenRow pop(Arrivals& arrivals) {
  Arrival a;
  arrivals.pop(a);
  return {index(a.id), a.time, a.output_tokens, a.max_tokens,
          Ids(a.blocks.begin(), a.blocks.end())};
}

std::vector<SeenRow> all(Arrivals& arrivals) {
  std::vector<SeenRow> rows;
  while (arrivals.next_time() != kNever) rows.push_back(pop(arrivals));
  return rows;
}

std::vector<SeenRow> all(const TraceReplay& replay) {
  Issues issues;
  const auto arrivals = replay_trace(replay, issues);
  EXPECT_NE(arrivals, nullptr) << issues.text();
  return arrivals == nullptr ? std::vector<SeenRow>{} : all(*arrivals);
}

TEST(TraceReplay, OutputsOfZeroAndDeclaredLengths) {
  TraceReplay replay = replay_of("burstgpt_v3.csv");  // outputs 20, 0, 30
  Issues issues;
  auto rows = all(*replay_trace(replay, issues));
  EXPECT_THAT(issues.text(), HasSubstr("1 requests without output do not arrive"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].id, 2U);  // ids stay rows of the trace
  EXPECT_EQ(rows[1].max_tokens, 30U);
  replay.zero_output = ZeroOutput::One;
  replay.max_tokens = 25;
  rows = all(replay);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].output, 1U);
  EXPECT_EQ(rows[2].output, 25U);  // a server stops at what was declared
  EXPECT_EQ(rows[2].max_tokens, 25U);
  replay.zero_output = ZeroOutput::Keep;
  replay.requests = 2;
  rows = all(replay);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].output, 0U);
}

TEST(TraceReplay, TimesScaleExactly) {
  TraceReplay replay = replay_of("azure_2024.csv");  // 0, 0, 2.5 s, 2.5 s + 1 ns
  replay.time_scale = 0.5;
  const auto rows = all(replay);
  EXPECT_EQ(rows[1].time, 0);
  EXPECT_EQ(rows[2].time, 1'250'000'000);
  EXPECT_EQ(rows[3].time, 1'250'000'001);  // .5 up
  EXPECT_EQ(TimeScale(0.1).of(1'000'000'000'000'000), 100'000'000'000'000);
  EXPECT_EQ(TimeScale(3).of(5), 15);
  EXPECT_EQ(TimeScale(1e9).of(kNever / 2), kNever);
  EXPECT_EQ(TimeScale(1e-40).of(kNever / 2), 0);
  replay.time_scale = 0;
  Issues issues;
  EXPECT_EQ(replay_trace(replay, issues), nullptr);
}

TEST(TraceReplay, BlocksOfAnotherSize) {
  TraceReplay replay = replay_of("mooncake.jsonl");  // 1024: 0 1; 600: 0 2; 1100: 0 1 3 (ceil)
  EXPECT_TRUE(all(replay)[0].blocks.empty());
  replay.block_size = 512;
  EXPECT_THAT(all(replay)[2].blocks, ElementsAre(0, 1, 3));
  replay.block_size = 256;  // 600 tokens are 3 of them, 1100 are 5
  const auto fine = all(replay);
  EXPECT_THAT(fine[1].blocks, ElementsAre(0, 1, 4));
  EXPECT_THAT(fine[2].blocks, ElementsAre(0, 1, 2, 3, 6));
  replay.block_size = 1024;  // pairs, named by the second; a single last one is partial
  const auto coarse = all(replay);
  EXPECT_THAT(coarse[0].blocks, ElementsAre(1));
  EXPECT_THAT(coarse[1].blocks, ElementsAre(2));
  EXPECT_THAT(coarse[2].blocks, ElementsAre(1, 3));
  replay.block_size = 768;
  replay.where = {"a.toml", 3, 1};
  Issues issues;
  EXPECT_EQ(replay_trace(replay, issues), nullptr);
  EXPECT_THAT(issues.text(), HasSubstr("a.toml:3:1: error: the trace's blocks of 512 tokens cannot "
                                       "become blocks of 768"));
}

TEST(TraceReplay, FloorBlocksDropAnIncompleteGroup) {
  TraceHeader header;
  header.block_size = 64;
  header.block_rule = BlockRule::Floor;
  header.distinct_blocks = 10;
  Issues issues;
  auto coarse = Reblocking::make(header, 128, {}, issues);
  Ids ids = {4, 5, 6};  // of 200 tokens
  coarse->apply(200, ids);
  EXPECT_THAT(ids, ElementsAre(5));
  auto fine = Reblocking::make(header, 16, {}, issues);
  ids = {4};
  fine->apply(127, ids);  // the 63 tokens of the tail stay unnamed
  EXPECT_THAT(ids, ElementsAre(16, 17, 18, 19));
  header.distinct_blocks = UINT32_MAX;
  EXPECT_FALSE(Reblocking::make(header, 16, {}, issues));
}

// weka.jsonl: row 1 waits 1 s for 0, row 2 waits 10 s for 1, row 3 (no output) 10 s for 0 and 2;
// rows 4 and 5 at 60 s and 4 s after 4.
TEST(TraceReplay, AClosedLoopWaitsForAnswers) {
  TraceReplay replay = replay_of("weka.jsonl");
  replay.zero_output = ZeroOutput::Keep;
  Issues issues;
  const auto arrivals = replay_trace(replay, issues);
  ASSERT_NE(arrivals, nullptr);
  EXPECT_EQ(pop(*arrivals).id, 0U);
  EXPECT_EQ(arrivals->next_time(), 60 * kSecond);
  arrivals->finished(RequestId{0}, 2 * kSecond);
  EXPECT_EQ(arrivals->next_time(), 3 * kSecond);
  EXPECT_EQ(pop(*arrivals).id, 1U);
  arrivals->finished(RequestId{1}, 70 * kSecond);
  EXPECT_EQ(pop(*arrivals).id, 4U);  // at 60 s; row 2 comes at 80
  EXPECT_EQ(arrivals->next_time(), 80 * kSecond);
  EXPECT_EQ(pop(*arrivals).id, 2U);
  EXPECT_EQ(arrivals->next_time(), kNever);  // all wait
  arrivals->finished(RequestId{4}, 81 * kSecond);
  arrivals->finished(RequestId{2}, 75 * kSecond + 10 * kSecond);
  // Row 3: 85 + 10 = 95; row 5: 81 + 4 = 85.
  EXPECT_EQ(pop(*arrivals).id, 5U);
  const SeenRow last = pop(*arrivals);
  EXPECT_EQ(last.id, 3U);
  EXPECT_EQ(last.time, 95 * kSecond);
  EXPECT_EQ(arrivals->next_time(), kNever);

  replay.loop = ReplayLoop::Open;
  EXPECT_EQ(all(replay)[3].time, 40 * kSecond);
}

// A chain 0 -> 1 (nothing produced) -> 2: the one left out passes the word on.
TEST(TraceReplay, ARequestLeftOutKeepsAClosedLoopGoing) {
  Trace trace;
  trace.header.closed = true;
  trace.arrival_ns = {0, 1, 2};
  trace.prompt_tokens = {5, 5, 5};
  trace.output_tokens = {1, 0, 1};
  trace.delay_ns = {0, 100, 1000};
  trace.waits_offset = {0, 0, 1, 2};
  trace.waits_on = {0, 1};
  TraceReplay replay;
  replay.trace.file = testing::TempDir() + "kvern_chain_" + std::to_string(getpid()) + ".h5";
  write_trace(replay.trace.file, trace);
  Issues issues;
  const auto arrivals = replay_trace(replay, issues);
  ASSERT_NE(arrivals, nullptr);
  EXPECT_EQ(pop(*arrivals).id, 0U);
  arrivals->finished(RequestId{0}, 50);
  EXPECT_EQ(arrivals->next_time(), 50 + 100 + 1000);
  EXPECT_EQ(pop(*arrivals).id, 2U);
}

// 2,100,000 rows do not stay in memory; every tenth produced nothing.
TEST(TraceReplay, LargeTracesStream) {
  Trace trace;
  const std::uint32_t rows = 2'100'000;
  for (std::uint32_t i = 0; i < rows; ++i) {
    trace.arrival_ns.push_back(SimTime{i} * 7);
    trace.prompt_tokens.push_back(1 + i % 100);
    trace.output_tokens.push_back(i % 10);
  }
  TraceReplay replay;
  replay.trace.file = testing::TempDir() + "kvern_large_" + std::to_string(getpid()) + ".h5";
  write_trace(replay.trace.file, trace);
  Issues issues;
  const auto arrivals = replay_trace(replay, issues);
  ASSERT_NE(arrivals, nullptr);
  EXPECT_THAT(issues.text(), HasSubstr("210000 requests without output"));
  std::uint32_t seen = 0;
  for (std::uint32_t i = 0; arrivals->next_time() != kNever; ++i) {
    if (i % 10 == 0) continue;
    ASSERT_EQ(arrivals->next_time(), SimTime{i} * 7);
    ASSERT_EQ(pop(*arrivals).id, i);
    ++seen;
  }
  EXPECT_EQ(seen, rows - 210'000);
  EXPECT_EQ(arrivals->failure(), "");
  std::remove(replay.trace.file.c_str());
}

}  // namespace
}  // namespace kvern
