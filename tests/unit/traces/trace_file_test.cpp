#include "traces/replay/trace_file.h"
#include "tests/roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "sim/base/digest.h"
#include "sim/base/outside_error.h"
#include "traces/import/import.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string scratch(const std::string& name) {
  return testing::TempDir() + "kvern_trace_" + std::to_string(getpid()) + "_" + name;
}

ImportRequest trace_fixture(const std::string& file) {
  ImportRequest request;
  request.file = std::string(KVERN_ROOT) + "/tests/fixtures/" + file;
  return request;
}

TEST(TraceFile, EveryColumnComesBack) {
  for (const char* name : {"azure_2024.csv", "burstgpt_v3.csv", "mooncake.jsonl", "weka.jsonl",
                           "bailian.jsonl", "mooncake_turns.jsonl"}) {
    SCOPED_TRACE(name);
    Issues issues;
    auto trace = read_trace(trace_fixture(name), issues);
    ASSERT_TRUE(trace);
    write_trace(scratch("a.h5"), *trace);
    ImportRequest ours;
    ours.file = scratch("a.h5");
    const auto back = read_trace(ours, issues);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->arrival_ns, trace->arrival_ns);
    EXPECT_EQ(back->prompt_tokens, trace->prompt_tokens);
    EXPECT_EQ(back->output_tokens, trace->output_tokens);
    EXPECT_EQ(back->session, trace->session);
    EXPECT_EQ(back->turn, trace->turn);
    EXPECT_EQ(back->tenant, trace->tenant);
    EXPECT_EQ(back->category, trace->category);
    EXPECT_EQ(back->parent, trace->parent);
    EXPECT_EQ(back->delay_ns, trace->delay_ns);
    EXPECT_EQ(back->source_row, trace->source_row);
    EXPECT_EQ(back->waits_offset, trace->waits_offset);
    EXPECT_EQ(back->waits_on, trace->waits_on);
    EXPECT_EQ(back->tenants, trace->tenants);
    EXPECT_EQ(back->categories, trace->categories);
    ASSERT_EQ(back->blocks.rows(), trace->blocks.rows());
    EXPECT_EQ(back->blocks.total(), trace->blocks.total());
    EXPECT_EQ(back->header.closed, trace->header.closed);
    EXPECT_EQ(back->header.block_rule, trace->header.block_rule);
    EXPECT_EQ(back->header.epoch_utc, trace->header.epoch_utc);
    EXPECT_EQ(back->provenance.source_sha256, sha256_of_file(trace_fixture(name).file));
    EXPECT_EQ(back->provenance.content_sha256, trace->provenance.content_sha256);
  }
}

// content_sha256 is over raw little-endian columns in a fixed order: checked here by hand.
TEST(TraceFile, EqualInputMakesEqualFilesAndAKnownDigest) {
  Issues issues;
  for (const char* name : {"one.h5", "two.h5"}) {
    ASSERT_TRUE(import_trace(trace_fixture("vidur.csv"), scratch(name), issues));
  }
  EXPECT_EQ(sha256_of_file(scratch("one.h5")), sha256_of_file(scratch("two.h5")));
  Sha256 sum;
  const std::int64_t arrivals[] = {0, 249'989'540};
  const std::uint32_t lengths[] = {64, 128, 8, 16};  // prompts, then outputs
  const std::int64_t lines[] = {3, 2};
  sum.add(arrivals, sizeof arrivals);
  sum.add(lengths, sizeof lengths);
  sum.add(lines, sizeof lines);
  EXPECT_EQ(TraceFile(scratch("one.h5")).provenance().content_sha256, sum.hex());
}

TEST(TraceFile, WindowsHoldTheirRowsOnly) {
  Issues issues;
  ASSERT_TRUE(import_trace(trace_fixture("weka.jsonl"), scratch("w.h5"), issues));
  TraceFile file(scratch("w.h5"));
  Trace window;
  file.load(2, 2, window);
  EXPECT_THAT(window.arrival_ns, ElementsAre(25 * kSecond, 40 * kSecond));
  EXPECT_THAT(window.waits_offset, ElementsAre(0, 1, 3));
  EXPECT_THAT(window.waits_on, ElementsAre(1, 0, 2));
  std::vector<std::uint32_t> ids;
  window.blocks.read(1, ids);
  EXPECT_THAT(ids, ElementsAre(0, 1, 5, 6));
  EXPECT_EQ(file.without_output(6), 1U);
}

TEST(TraceFile, AnotherFileIsRefused) {
  std::ofstream(scratch("not.h5")) << "no HDF5";
  EXPECT_THROW(TraceFile file(scratch("not.h5")), OutsideError);
  TableWriter other(scratch("other.h5"));
  other.close();
  EXPECT_THROW(TraceFile file(scratch("other.h5")), OutsideError);
}

// What importers never make, sealed all the same: each law is held against the rows.
TEST(TraceFile, RowsThatBreakALawAreRefused) {
  Issues issues;
  const auto sound = read_trace(fixture("weka.jsonl"), issues);
  ASSERT_TRUE(sound);
  const auto refused = [&](auto change) {
    Trace trace = *sound;
    change(trace);
    write_trace(scratch("broken.h5"), trace);
    TraceFile file(scratch("broken.h5"));
    EXPECT_THROW(file.load(0, file.rows(), trace), OutsideError);
  };
  refused([](Trace& t) { std::swap(t.arrival_ns.front(), t.arrival_ns.back()); });
  refused([](Trace& t) { t.prompt_tokens[1] = 0; });
  refused([](Trace& t) { t.output_tokens[1] = 0xffff'ffff; });
  refused([](Trace& t) { t.waits_on.back() = static_cast<std::int32_t>(t.rows()) - 1; });
  refused([](Trace& t) { t.waits_on.back() = -1; });
  refused([](Trace& t) { t.header.distinct_blocks = 1; });
  refused([](Trace& t) { t.delay_ns.back() = -1; });
  refused([](Trace& t) { t.waits_offset[1] = 1'000'000; });
}

TEST(TraceText, InfoAndHead) {
  Issues issues;
  const auto info = trace_info(trace_fixture("mooncake.jsonl"), issues);
  ASSERT_TRUE(info);
  // Gaps of 2 and 1 s: mean 1.5, standard deviation 0.5.
  EXPECT_THAT(*info, HasSubstr("requests        3 in 3 s, 1 per s, fullest minute 3\n"));
  EXPECT_THAT(*info, HasSubstr("gaps            CV 0.3333, longest 2 s, 0 of zero\n"));
  EXPECT_THAT(*info, HasSubstr("7 of 512 tokens (ceil), 4 distinct; 3 seen before = 1536 prompt"));
  EXPECT_EQ(trace_head(trace_fixture("mooncake.jsonl"), 2, issues),
            "request,arrival_ns,prompt_tokens,output_tokens,session,turn,blocks\n"
            "0,0,1024,5,,,0 1\n1,2000000000,600,7,,,0 2\n");
}

}  // namespace
}  // namespace kvern
