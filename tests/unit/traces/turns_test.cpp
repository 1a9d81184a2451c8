// Turns in traces: which names an answer's blocks get, in any block size, and who waits for whom.
#include "traces/replay/turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "traces/replay/chain_names.h"
#include "traces/replay/trace_file.h"
#include "traces/replay/trace_replay.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<std::uint32_t>;

ImportRequest turns_file(const std::string& text, const std::string& format = "mooncake",
                         std::uint32_t block_size = 16) {
  ImportRequest request;
  request.file = testing::TempDir() + "kvern_turns_" + std::to_string(getpid());
  std::ofstream(request.file) << text;
  request.format = format;
  request.options.block_size = block_size;
  return request;
}

Trace turns_of(const ImportRequest& request) {
  Issues issues;
  auto trace = read_trace(request, issues);
  EXPECT_TRUE(trace) << issues.text();
  return trace.value_or(Trace{});
}

Ids ids_of_row(const PackedIds& ids, std::size_t row) {
  Ids out;
  if (row < ids.rows()) ids.read(row, out);
  return out;
}

struct Named {
  Ids prompt, answer;
};

std::vector<Named> named_rows(TraceReplay replay) {
  Issues issues;
  const auto arrivals = replay_trace(replay, issues);
  EXPECT_NE(arrivals, nullptr) << issues.text();
  std::vector<Named> rows;
  while (arrivals != nullptr && arrivals->next_time() != kNever) {
    Arrival a;
    arrivals->pop(a);
    rows.push_back({Ids(a.blocks.begin(), a.blocks.end()), Ids(a.answer.begin(), a.answer.end())});
    arrivals->finished(a.id, a.time);
  }
  return rows;
}

// 40 + 40 tokens, then 100: the answer begins in block 2, and its last token is not computed.
constexpr const char* kChat =
    R"({"session_id":"s","timestamp":0,"input_length":40,"output_length":40,"hash_ids":[1,2,3]}
{"session_id":"s","timestamp":9,"input_length":100,"output_length":1,"hash_ids":[1,2,4,5,6,7,8]}
)";

}  // namespace

TEST(Turns, AnAnswerHasTheNamesOfTheNextPrompt) {
  const Trace trace = turns_of(turns_file(kChat));
  EXPECT_EQ(ids_of_row(trace.blocks, 0), (Ids{0, 1, 2}));
  EXPECT_EQ(ids_of_row(trace.blocks, 1), (Ids{0, 1, 3, 4, 5, 6, 7}));
  EXPECT_EQ(ids_of_row(trace.answers, 0), (Ids{3, 4, 5}));  // tokens 32 .. 79
  EXPECT_EQ(ids_of_row(trace.answers, 1), Ids{});
}

// At 4 tokens a block the end of the first prompt (tokens 32 to 39, old block 2) and the same
// tokens in the second prompt (old block 3) have one name.
TEST(Turns, SmallerBlocksOfAPromptsEndKeepTheirNames) {
  TraceReplay replay;
  replay.trace = turns_file(kChat);
  replay.block_size = 4;
  const auto rows = named_rows(replay);
  ASSERT_EQ(rows.size(), 2U);
  Ids both = rows[0].prompt;
  both.insert(both.end(), rows[0].answer.begin(), rows[0].answer.end());
  EXPECT_EQ(rows[0].prompt.size(), 10U);
  EXPECT_EQ(both.size(), 19U);  // 79 tokens
  EXPECT_TRUE(std::equal(both.begin(), both.end(), rows[1].prompt.begin()));
  EXPECT_THAT(both, testing::IsSupersetOf({8U, 9U, 14U, 15U}));  // 2 of old block 2, 2 of old 3
  replay.block_size = 32;
  const auto larger = named_rows(replay);
  EXPECT_EQ(larger[0].prompt, (Ids{1}));
  EXPECT_EQ(larger[0].answer, (Ids{4}));
  EXPECT_EQ((Ids{larger[1].prompt[0], larger[1].prompt[1]}), (Ids{1, 4}));
}

TEST(Turns, AShareOfTheAnswersIsFound) {
  TraceReplay replay;
  replay.trace = turns_file(kChat);
  replay.block_size = 16;
  EXPECT_EQ(named_rows(replay)[0].answer.size(), 2U);
  replay.answers = 0.0;
  EXPECT_EQ(named_rows(replay)[0].answer.size(), 0U);
  int found = 0;
  replay.answers = 0.5;
  for (replay.seed = 1; replay.seed <= 40; ++replay.seed) {
    found += named_rows(replay)[0].answer.empty() ? 0 : 1;
  }
  EXPECT_TRUE(found > 8 && found < 32) << found;
}

// A prompt that is too short, begins otherwise, or has no names says nothing of the answer.
TEST(Turns, OnlyAPromptThatCanHoldTheAnswerNamesIt) {
  for (const char* next : {R"("input_length":79,"output_length":1,"hash_ids":[1,2,4,5,6])",
                           R"("input_length":80,"output_length":1,"hash_ids":[1,3,4,5,6])",
                           R"("input_length":80,"output_length":1)"}) {
    ImportRequest request = turns_file(
        R"({"session_id":"s","timestamp":0,"input_length":40,"output_length":40,"hash_ids":[1,2,9]}
{"session_id":"s","timestamp":9,)" +
        std::string(next) + "}\n");
    request.options.delta = false;
    EXPECT_EQ(turns_of(request).answers.rows(), 0U) << next;
  }
}

TEST(Turns, IdsBeyondThePromptAreThoseOfTheAnswer) {
  const Trace trace = turns_of(
      turns_file(R"({"timestamp":0,"input_length":40,"output_length":40,"hash_ids":[1,2,3,4,5]})"));
  EXPECT_EQ(ids_of_row(trace.blocks, 0), (Ids{0, 1, 2}));
  EXPECT_EQ(ids_of_row(trace.answers, 0), (Ids{2, 3, 4}));
  Issues issues;
  EXPECT_FALSE(read_trace(turns_file(R"({"timestamp":0,"input_length":40,"output_length":40,)"
                                     R"("hash_ids":[1,2,3,4,5,6]})"),
                          issues));
  EXPECT_THAT(issues.text(),
              HasSubstr("a prompt of 40 tokens has 3 blocks of 16, with its answer 5"));
}

// 1200 + 335, then 1855 more: the second prompt begins with blocks 0 and 1 of 512 tokens; the third
// block holds the answer and is nobody else's.
TEST(Turns, AdditionsWithNames) {
  const std::string text =
      R"({"session_id":"s","timestamp":0,"input_length":1200,"output_length":335,)"
      R"("hash_ids":[0,1,2]}
{"session_id":"s","delay":12219.3,"input_length":1855,"output_length":100,)"
      R"("hash_ids":[9283,9284,9285,9286]}
{"session_id":"t","timestamp":0,"input_length":1200,"output_length":7,"hash_ids":[0,1,5]}
)";
  for (const bool is_told : {false, true}) {
    ImportRequest request = turns_file(text, "", 0);
    if (is_told) request.options.delta = true;
    const Trace trace = turns_of(request);
    EXPECT_THAT(trace.prompt_tokens, ElementsAre(1200, 1200, 3390));
    EXPECT_EQ(ids_of_row(trace.blocks, 0), (Ids{0, 1, 2}));
    EXPECT_EQ(ids_of_row(trace.blocks, 1), (Ids{0, 1, 3}));
    EXPECT_EQ(ids_of_row(trace.blocks, 2), (Ids{0, 1, 4, 5, 6, 7, 8}));
    EXPECT_EQ(ids_of_row(trace.answers, 0), (Ids{4}));
  }
  ImportRequest request = turns_file(text, "", 0);
  request.options.delta = false;
  EXPECT_THAT(turns_of(request).prompt_tokens, ElementsAre(1200, 1200, 1855));
}

TEST(Turns, NamesOfAnswersAreWrittenAndReadBack) {
  Trace trace = turns_of(turns_file(kChat));
  const std::string file = testing::TempDir() + "kvern_turns_" + std::to_string(getpid()) + ".h5";
  write_trace(file, trace);
  TraceFile written(file);
  Trace back;
  written.load(0, written.rows(), back);
  EXPECT_EQ(ids_of_row(back.answers, 0), ids_of_row(trace.answers, 0));
  written.load(1, 1, back);
  EXPECT_EQ(ids_of_row(back.answers, 0), Ids{});
  EXPECT_FALSE(back.header.chained);
}

// Turns of 40 + 8, 50 + 8 and 70 tokens, and a fourth request that goes on from the first one too:
// blocks of 4, 47 tokens of the first context are computed.
TEST(Turns, ChainNamesFollowTheRowsBefore) {
  Trace trace;
  trace.arrival_ns = {0, 1, 2, 3};
  trace.prompt_tokens = {40, 50, 70, 48};
  trace.output_tokens = {8, 8, 1, 1};
  const std::vector<std::int32_t> before = {-1, 0, 1, 0};
  const ChainNames names(trace, 4, before, {true, true, true, true}, 4);
  Ids prompt[4], answer[4];
  for (std::size_t i = 0; i < 4; ++i) names.read(i, prompt[i], answer[i]);
  EXPECT_EQ(prompt[0].size(), 10U);
  EXPECT_EQ(answer[0], (Ids{10}));
  EXPECT_EQ(prompt[1], (Ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(answer[1], (Ids{12, 13}));
  EXPECT_EQ(prompt[2].size(), 17U);
  EXPECT_EQ(prompt[2][13], 13U);
  EXPECT_EQ(prompt[2][14], 14U);
  EXPECT_EQ(prompt[3], (Ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17}));
  const ChainNames none(trace, 4, before, {false, false, false, false}, 4);
  none.read(1, prompt[1], answer[1]);
  EXPECT_EQ(prompt[1], (Ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  none.read(3, prompt[3], answer[3]);
  EXPECT_NE(prompt[3][10], prompt[1][10]);  // each turn's answer is in other tokens
}

// Two turns of one session at 0 and 1 ms; another session at 2 ms.
TEST(Turns, ACsvOfSessionsWaitsInAClosedLoop) {
  TraceReplay replay;
  replay.trace = turns_file(
      "timestamp,prompt_tokens,output_tokens,who\n0,5,5,a\n0.001,5,5,a\n0.002,5,5,b\n", "csv", 0);
  replay.trace.options.session_column = "who";
  replay.loop = ReplayLoop::Closed;
  for (const SimTime answered : {SimTime{100}, 5 * kMillisecond}) {
    Issues issues;
    const auto arrivals = replay_trace(replay, issues);
    ASSERT_NE(arrivals, nullptr) << issues.text();
    Arrival a;
    arrivals->pop(a);
    EXPECT_EQ(arrivals->next_time(), 2 * kMillisecond);
    arrivals->finished(a.id, answered);
    EXPECT_EQ(arrivals->next_time(), answered == 100 ? kMillisecond : 2 * kMillisecond);
    arrivals->pop(a);
    if (answered > 100) arrivals->pop(a);
    EXPECT_EQ(index(a.id), 1U);
    EXPECT_EQ(a.time, answered == 100 ? kMillisecond : answered);
  }
}

}  // namespace kvern
