// Each format on a small invented file (tests/fixtures).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/roots.h"
#include "traces/import/import.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ImportRequest fixture(const std::string& file) {
  ImportRequest request;
  request.file = std::string(KVERN_ROOT) + "/tests/fixtures/" + file;
  return request;
}

Trace read(const ImportRequest& request, Issues& issues) {
  auto trace = read_trace(request, issues);
  EXPECT_TRUE(trace) << issues.text();
  return trace.value_or(Trace{});
}

Trace read(const std::string& file) {
  Issues issues;
  return read(fixture(file), issues);
}

std::vector<std::vector<std::uint32_t>> blocks_of(const Trace& trace) {
  std::vector<std::vector<std::uint32_t>> rows(trace.blocks.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) trace.blocks.read(i, rows[i]);
  return rows;
}

using Ids = std::vector<std::uint32_t>;

TEST(Importers, Azure2024IsSortedStablyAndRebased) {
  const Trace t = read("azure_2024.csv");
  EXPECT_EQ(t.provenance.importer, "azure");
  EXPECT_THAT(t.arrival_ns, ElementsAre(0, 0, 2'500'000'000, 2'500'000'001));
  EXPECT_THAT(t.prompt_tokens, ElementsAre(80, 40, 120, 99));  // ties in the order of the file
  EXPECT_THAT(t.source_row, ElementsAre(3, 5, 2, 4));
  EXPECT_EQ(t.header.epoch_utc, "2024-05-12T00:00:01.000000000Z");
  EXPECT_FALSE(t.header.closed);
}

TEST(Importers, BurstGptKeepsFailuresAndLeavesOutNothings) {
  Issues issues;
  const Trace t = read(fixture("burstgpt_v3.csv"), issues);
  EXPECT_THAT(t.output_tokens, ElementsAre(20, 0, 30));
  EXPECT_THAT(t.session, ElementsAre(-1, 0, 0));
  EXPECT_THAT(t.turn, ElementsAre(0, 0, 1));
  EXPECT_THAT(t.tenants, ElementsAre("", "small", "large"));
  EXPECT_THAT(t.tenant, ElementsAre(1, 2, 2));
  EXPECT_THAT(t.categories, ElementsAre("", "API log", "Conversation log"));
  EXPECT_THAT(issues.text(), HasSubstr("burstgpt_v3.csv:4: warning: rows left out: 1"));
}

TEST(Importers, VidurTimesKeepEveryDigit) {
  const Trace t = read("vidur.csv");
  EXPECT_THAT(t.arrival_ns, ElementsAre(0, 250'000'000 - 10'460));
  EXPECT_THAT(t.prompt_tokens, ElementsAre(64, 128));
}

TEST(Importers, PlainCsvByNamedColumns) {
  Issues issues;
  ImportRequest request = fixture("plain.csv");
  EXPECT_FALSE(read_trace(request, issues));  // never guessed
  request.format = "csv";
  ImportOptions& o = request.options;
  o.time_column = "when_ms";
  o.time_unit = "ms";
  o.prompt_column = "tokens_in";
  o.output_column = "tokens_out";
  o.tenant_column = "who";
  o.category_column = "kind";
  Issues none;
  const Trace t = read(request, none);
  EXPECT_THAT(t.arrival_ns, ElementsAre(0, 499'500'000));
  EXPECT_THAT(t.tenants, ElementsAre("", "bob", "alice"));
  EXPECT_THAT(t.categories, ElementsAre("", "code", "chat, short"));
  EXPECT_THAT(t.provenance.importer_options, HasSubstr("time_unit = \"ms\"\n"));

  o.prompt_column = "token_in";
  Issues missing;
  EXPECT_FALSE(read_trace(request, missing));
  EXPECT_THAT(missing.text(), HasSubstr("plain.csv:1: error: no column \"token_in\"; did you mean "
                                        "\"tokens_in\"?"));
}

TEST(Importers, MooncakeIdsBecomeDenseInArrivalOrder) {
  const Trace t = read("mooncake.jsonl");
  EXPECT_EQ(t.header.block_size, 512U);
  EXPECT_EQ(t.header.block_rule, BlockRule::Ceil);
  EXPECT_THAT(t.prompt_tokens, ElementsAre(1024, 600, 1100));
  EXPECT_THAT(blocks_of(t), ElementsAre(Ids{0, 1}, Ids{0, 2}, Ids{0, 1, 3}));
  EXPECT_EQ(t.header.distinct_blocks, 4U);
}

TEST(Importers, MooncakeTurnsAndWaits) {
  Issues issues;
  ImportRequest request = fixture("mooncake_turns.jsonl");
  const Trace t = read(request, issues);
  // Turn 2 of a: 1000 + 250 ms; y: 1500 + 150 ms.
  EXPECT_THAT(t.arrival_ns, ElementsAre(0, 250'000'000, 500'000'000, 650'000'000));
  EXPECT_THAT(t.waits_offset, ElementsAre(0, 0, 1, 1, 2));
  EXPECT_THAT(t.waits_on, ElementsAre(0, 2));
  EXPECT_THAT(t.delay_ns, ElementsAre(0, 250'000'000, 0, 150'000'000));
  EXPECT_THAT(t.parent, ElementsAre(-1, 0, -1, -1));
  EXPECT_TRUE(t.header.closed);
  EXPECT_EQ(t.header.clock, "synthesised");
  request.options.delta = true;  // 100 in, 10 out, then 30 more in
  EXPECT_THAT(read(request, issues).prompt_tokens, ElementsAre(100, 140, 50, 7));
}

TEST(Importers, BailianContentsAreChained) {
  const Trace t = read("bailian.jsonl");
  // 6 after 5 and 6 at the head are two prefixes.
  EXPECT_THAT(blocks_of(t), ElementsAre(Ids{0, 1, 2}, Ids{3, 4}, Ids{0, 1, 5, 6}));
  EXPECT_THAT(t.session, ElementsAre(0, 1, 0));
  EXPECT_THAT(t.turn, ElementsAre(0, 0, 1));
  EXPECT_THAT(t.parent, ElementsAre(-1, -1, 0));
  EXPECT_THAT(t.categories, ElementsAre("", "text", "search"));
}

// Session 0: main at 0 (ends 4), sub-agent launched at 30.5 - 25.5 = 5 with calls at 5 (ends 15)
// and 25 (ends 30), main at 40. Session 1 begins at 60; its second call at 65 waits for the one
// that ended at 61.
TEST(Importers, WekaSubAgentsWaitAndAreWaitedFor) {
  const Trace t = read("weka.jsonl");
  const SimTime s = kSecond;
  EXPECT_THAT(t.arrival_ns, ElementsAre(0, 5 * s, 25 * s, 40 * s, 60 * s, 65 * s));
  EXPECT_THAT(t.waits_offset, ElementsAre(0, 0, 1, 2, 4, 4, 5));
  EXPECT_THAT(t.waits_on, ElementsAre(0, 1, 0, 2, 4));
  EXPECT_THAT(t.delay_ns, ElementsAre(0, 1 * s, 10 * s, 10 * s, 0, 4 * s));
  EXPECT_THAT(t.parent, ElementsAre(-1, -1, 1, 0, -1, 4));
  EXPECT_THAT(t.session, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_THAT(t.categories, ElementsAre("", "main", "sub-agent"));
  // Local ids 0 1 2 | 7 | 7 8 | 0 1 4 5 of session 0, and 0 of session 1.
  EXPECT_THAT(blocks_of(t),
              ElementsAre(Ids{0, 1, 2}, Ids{3}, Ids{3, 4}, Ids{0, 1, 5, 6}, Ids{}, Ids{7}));
}

TEST(Importers, LlmServingSimLayouts) {
  const Trace original = read("llmservingsim.jsonl");
  EXPECT_THAT(blocks_of(original), ElementsAre(Ids{0, 1}, Ids{0}));  // equal tokens, other prefix
  EXPECT_THAT(original.arrival_ns, ElementsAre(0, 200));
  const Trace agentic = read("llmservingsim_agentic.jsonl");
  EXPECT_THAT(agentic.arrival_ns, ElementsAre(0, 100, 300));
  EXPECT_THAT(agentic.waits_on, ElementsAre(0));
  EXPECT_THAT(agentic.delay_ns, ElementsAre(0, 0, 300));
  EXPECT_TRUE(agentic.header.closed);
  EXPECT_THAT(blocks_of(read("llmservingsim_derived.jsonl")), ElementsAre(Ids{0}, Ids{0, 1}));
  const Trace recorded = read("llmservingsim_recorded.jsonl");
  EXPECT_THAT(recorded.arrival_ns, ElementsAre(0, 301'012'143));
  EXPECT_THAT(blocks_of(recorded), ElementsAre(Ids{0}, Ids{}));
}

TEST(Importers, BadRowsAreErrorsOrSetAside) {
  ImportRequest request = fixture("bad_rows.csv");
  Issues issues;
  EXPECT_FALSE(read_trace(request, issues));
  for (const char* message :
       {"bad_rows.csv:3: error: bad row: ContextTokens = \"twelve\": not a whole number",
        "bad_rows.csv:4: error: bad row: prompt tokens = \"0\": must be 1 .. 2^31",
        "bad_rows.csv:5: error: bad row: TIMESTAMP = \"2023-11-16 25:00:03.0\": not a date and "
        "time",
        "bad_rows.csv:6: error: bad row: row = \"2023-11-16 18:00:04.0,100\": 2 fields",
        "error: bad rows: 4; kvern trace import --skip-bad"}) {
    EXPECT_THAT(issues.text(), HasSubstr(message));
  }
  request.bad_rows_file = testing::TempDir() + "kvern_bad_" + std::to_string(getpid());
  Issues skipped;
  const Trace t = read(request, skipped);
  EXPECT_THAT(t.prompt_tokens, ElementsAre(100, 50));
  EXPECT_THAT(skipped.text(), HasSubstr("warning: bad rows: 4, skipped, kept in"));
  std::ifstream file(request.bad_rows_file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            "3\t2023-11-16 18:00:01.0,twelve,10\n4\t2023-11-16 18:00:02.0,0,10\n"
            "5\t2023-11-16 25:00:03.0,100,10\n6\t2023-11-16 18:00:04.0,100\n");
}

TEST(Importers, WhatCannotBeReadIsSaid) {
  ImportRequest request = fixture("nowhere.csv");
  Issues missing;
  EXPECT_FALSE(read_trace(request, missing));
  EXPECT_THAT(missing.text(), HasSubstr("nowhere.csv: error: no such file"));
  request = fixture("mooncake.jsonl");
  request.format = "moncake";
  Issues unknown;
  EXPECT_FALSE(read_trace(request, unknown));
  EXPECT_THAT(unknown.text(), HasSubstr("unknown trace format \"moncake\"; did you mean "
                                        "\"mooncake\"?"));
  // Contents taken for prefixes: 6 follows 5 and heads another prompt.
  request = fixture("bailian.jsonl");
  request.format = "mooncake";
  request.options.block_size = 16;
  Issues law;
  EXPECT_FALSE(read_trace(request, law));
  EXPECT_THAT(law.text(), HasSubstr("bailian.jsonl:2: error: block id"));
}

}  // namespace
}  // namespace kvern
