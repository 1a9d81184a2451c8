// Generated workloads as traces: open and closed, written and read back.
#include "traces/generate/synthesize.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/traces/workload.h"
#include "traces/arrivals.h"
#include "traces/replay/trace_file.h"

namespace kvern {
namespace {

using workloads::run_dry;
using workloads::Seen;
using workloads::Texts;
using workloads::workload;

Trace synthesized(const Texts& texts, SimTime token_ns = 0) {
  Issues issues;
  const auto arrivals = workload(texts);
  auto trace = synthesize(*arrivals, {"made", 1, "requests = 1000\n", token_ns}, issues);
  EXPECT_TRUE(trace.has_value()) << issues.text();
  return trace ? std::move(*trace) : Trace();
}

}  // namespace

TEST(Synthesize, WritesWhatTheGeneratorGives) {
  const Texts texts{.lengths = "azure2023_conversation", .tenants = "zipf"};
  const Trace trace = synthesized(texts);
  const std::vector<Seen> all = run_dry(*workload(texts));
  ASSERT_EQ(trace.rows(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    // Re-based: the first arrival is 0.
    EXPECT_EQ(trace.arrival_ns[i], all[i].arrival.time - all[0].arrival.time);
    EXPECT_EQ(trace.prompt_tokens[i], all[i].arrival.prompt_tokens);
    EXPECT_EQ(trace.output_tokens[i], all[i].arrival.output_tokens);
    EXPECT_EQ(trace.tenants[trace.tenant[i]], "tenant " + std::to_string(all[i].arrival.tenant));
  }
  EXPECT_EQ(trace.header.clock, "synthesised");
  EXPECT_FALSE(trace.header.closed);
  EXPECT_EQ(trace.header.block_size, 0U);
  EXPECT_EQ(trace.provenance.seed, 1);
}

// One text of 32 tokens = 2 shared blocks; prompts of 132 tokens have 8 full blocks, 6 private.
TEST(Synthesize, NamesEveryFullBlock) {
  const Trace trace =
      synthesized({.prefixes = "system_prompts(count=1, tokens=32)", .requests = 10});
  EXPECT_EQ(trace.header.block_rule, BlockRule::Floor);
  EXPECT_EQ(trace.header.distinct_blocks, 2 + 10 * 6U);
}

// Sessions of three turns, 2 s to think, 10 output tokens of 50 ms: 2.5 s from turn to turn.
TEST(Synthesize, SessionsWaitForTheirAnswers) {
  const Trace trace = synthesized(
      {.arrivals = "piecewise(process=constant, interval=2 s, rates=[1 req/s], repeat=false)",
       .prefixes = "sessions(turns=constant(value=3), think=constant(value=2 s))",
       .requests = std::nullopt},
      50 * kMillisecond);
  EXPECT_TRUE(trace.header.closed);
  EXPECT_EQ(trace.arrival_ns, (std::vector<SimTime>{0, 2'500'000'000, 5'000'000'000}));
  EXPECT_EQ(trace.delay_ns, (std::vector<SimTime>{0, 2 * kSecond, 2 * kSecond}));
  EXPECT_EQ(trace.waits_on, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(trace.waits_offset, (std::vector<std::uint64_t>{0, 0, 1, 2}));
  EXPECT_EQ(trace.turn, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(trace.parent, (std::vector<std::int32_t>{-1, 0, 1}));
}

// Its arrivals, read back at twice the gaps, drive another workload.
TEST(Synthesize, FilesDriveOtherWorkloads) {
  const auto folder = std::filesystem::temp_directory_path() / "kvern_synthesize_test";
  std::filesystem::create_directories(folder);
  Trace trace = synthesized({.lengths = "azure2023_code", .requests = 50});
  const std::vector<SimTime> times = trace.arrival_ns;
  write_trace((folder / "made.h5").string(), trace);
  Issues issues;
  const auto process = make_policy(arrivals::table(), "arrivals",
                                   parse_policy("trace(file=made.h5, time_scale=2.0)",
                                                {(folder / "a.toml").string(), 1, 1}, issues),
                                   "workload.arrivals", issues);
  ASSERT_NE(process, nullptr) << issues.text();
  Stream stream(1, "unused");
  for (const SimTime time : times) EXPECT_EQ(process->next(stream), 2 * time);
  EXPECT_EQ(process->next(stream), kNever);
  std::filesystem::remove_all(folder);
}

}  // namespace kvern
