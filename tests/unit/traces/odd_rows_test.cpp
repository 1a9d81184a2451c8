// Rows of traces as they come in practice: names on some lines, hashes of 64 bits, dates that are
// none, quotes, times that overflow, keys by the hundred thousand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tests/roots.h"
#include "traces/import/civil_time.h"
#include "traces/import/import.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Ids = std::vector<std::uint32_t>;

ImportRequest odd_file(const std::string& text, const std::string& format = "") {
  ImportRequest request;
  request.file = testing::TempDir() + "kvern_odd_" + std::to_string(getpid());
  std::ofstream(request.file) << text;
  request.format = format;
  return request;
}

ImportRequest case_file(const std::string& name) {
  ImportRequest request;
  request.file = KVERN_ROOT "/tests/fixtures/cases/" + name;
  return request;
}

Trace odd_trace(const ImportRequest& request) {
  Issues issues;
  auto trace = read_trace(request, issues);
  EXPECT_TRUE(trace) << issues.text();
  return trace.value_or(Trace{});
}

std::string why_refused(const ImportRequest& request) {
  Issues issues;
  EXPECT_FALSE(read_trace(request, issues));
  return issues.text();
}

std::vector<Ids> ids_of_rows(const Trace& trace) {
  std::vector<Ids> rows(trace.blocks.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) trace.blocks.read(i, rows[i]);
  return rows;
}

}  // namespace

TEST(OddRows, NamesOnSomeLinesOnly) {
  EXPECT_THAT(ids_of_rows(odd_trace(case_file("f_firstnohash.jsonl"))),
              ElementsAre(Ids{}, Ids{0, 1}, Ids{0, 1}));
  EXPECT_THAT(ids_of_rows(odd_trace(case_file("f_laternohash.jsonl"))),
              ElementsAre(Ids{0, 1}, Ids{}, Ids{0, 1}));
  const Trace mixed = odd_trace(case_file("lss_mixed.jsonl"));
  EXPECT_EQ(mixed.header.block_size, 16U);
  EXPECT_THAT(ids_of_rows(mixed), ElementsAre(Ids{}, Ids{0, 1}));
  Issues issues;
  read_trace(case_file("f_laternohash.jsonl"), issues);
  EXPECT_THAT(issues.text(), HasSubstr("1 of 3 requests name no blocks"));
}

TEST(OddRows, HashesHave64Bits) {
  EXPECT_THAT(ids_of_rows(odd_trace(case_file("p1_u64.jsonl"))), ElementsAre(Ids{0, 1}, Ids{0, 2}));
  EXPECT_THAT(ids_of_rows(odd_trace(case_file("bail_u64.jsonl"))), ElementsAre(Ids{0, 1}));
  EXPECT_THAT(
      ids_of_rows(odd_trace(odd_file(R"({"arrival_ns":0,"prompt_tokens":33,"output_tokens":1,)"
                                     R"("block_ids":[18446744073709551615,-2]})"))),
      ElementsAre(Ids{0, 1}));
  EXPECT_THAT(why_refused(odd_file(R"({"timestamp":0,"input_length":9,"output_length":1,)"
                                   R"("hash_ids":[18446744073709551616]})")),
              HasSubstr("hash_ids = \"18446744073709551616\": not a whole number of 64 bits"));
}

TEST(OddRows, AnswersOfTokenIds) {
  std::string ids;
  for (int i = 0; i < 20; ++i) ids += (i == 0 ? "" : ",") + std::to_string(i);
  const Trace trace = odd_trace(
      odd_file(R"({"input_toks":20,"output_toks":20,"arrival_time_ns":0,"input_tok_ids":[)" + ids +
               R"(],"output_tok_ids":[)" + ids + R"(]})"));
  EXPECT_THAT(ids_of_rows(trace), ElementsAre(Ids{0}));
  Ids answer;
  trace.answers.read(0, answer);
  EXPECT_EQ(answer, (Ids{1}));  // tokens 16 to 31 of 39 computed
}

TEST(OddRows, DatesThatAreNone) {
  for (const char* text : {"2023-02-29 00:00:00", "2023-02-31 00:00:00", "1900-02-29 00:00:00",
                           "2024-04-31 00:00:00", "2023-13-01 00:00:00"}) {
    EXPECT_EQ(parse_date_time(text), std::nullopt) << text;
  }
  EXPECT_TRUE(parse_date_time("2024-02-29 00:00:00"));
  EXPECT_TRUE(parse_date_time("2000-02-29 00:00:00"));
}

TEST(OddRows, AQuoteSpoilsItsLineOnly) {
  const std::string head = "timestamp,prompt_tokens,output_tokens,note\n";
  for (const char* bad : {"1,2,3,\"open", "1,\"2,3,x", "1,2,3,\"a\"b", "\"1,2,3,x"}) {
    ImportRequest request =
        odd_file(head + "0,1,1,a\n" + bad + "\n2,3,4,b\n3,4,5,\"c, d\"\n4,5,6,e", "csv");
    EXPECT_THAT(why_refused(request), HasSubstr("bad rows: 1;")) << bad;
    request.bad_rows_file = testing::TempDir() + "kvern_odd_bad_" + std::to_string(getpid());
    EXPECT_THAT(odd_trace(request).prompt_tokens, ElementsAre(1, 3, 4, 5)) << bad;
  }
  const Trace within = odd_trace(odd_file(head + "0,1,1,5\" disk\n1,2,1,b", "csv"));
  EXPECT_THAT(within.prompt_tokens, ElementsAre(1, 2));
}

TEST(OddRows, TimesThatOverflowAreErrorsWithTheirLine) {
  const std::string row = R"("input_length":9,"output_length":1})";
  EXPECT_THAT(why_refused(odd_file(R"({"timestamp":1e15,)" + row + "\n")),
              HasSubstr(":1: error: bad row: timestamp = \"1e15\": not a time"));
  EXPECT_THAT(why_refused(odd_file(R"({"timestamp":9e12,)" + row + "\n")),
              HasSubstr(":1: error: bad row: timestamp = \"9e12\": more than 73 years"));
  EXPECT_THAT(why_refused(odd_file(
                  R"({"session_id":1,"timestamp":2e12,)" + row + "\n" +
                  R"({"session_id":1,"delay":2e12,"delay_ms":2e12,"tool_wait_ms":2e12,)" + row)),
              HasSubstr(":2: error: bad row:"));
  EXPECT_THAT(why_refused(odd_file("timestamp,prompt_tokens,output_tokens\n9e9,1,1\n", "csv")),
              HasSubstr(":2: error: bad row: timestamp = \"9e9\": more than 73 years"));
  ImportRequest weka = odd_file(
      R"({"id":1,"block_size":64,"requests":[{"t":1,"type":"n","in":9,"out":1,"b":[0]}]})"
      "\n"
      R"({"id":2,"block_size":64,"requests":[{"t":1,"type":"n","in":9,"out":1,"b":[0]}]})");
  weka.options.session_gap.ns = kLongestTime;
  EXPECT_THAT(why_refused(weka),
              HasSubstr("the sessions begin more than 63 years after the first one"));
}

TEST(OddRows, APackedListIsNoLongerThanItsRequest) {
  EXPECT_THAT(why_refused(odd_file(R"({"id":1,"block_size":64,"requests":[{"t":1,"type":"n",)"
                                   R"("in":200,"out":1,"b":[0,0,4000000000]}]})")),
              HasSubstr("not a packed list of blocks"));
  EXPECT_THAT(why_refused(odd_file(R"({"id":1,"block_size":0,"requests":[]})")),
              HasSubstr("block_size = \"0\": not a number of tokens"));
}

TEST(OddRows, ManyUnknownKeysTakeNoTime) {
  std::string row = R"({"timestamp":0,"input_length":9,"output_length":1)";
  for (int i = 0; i < 200'000; ++i) row += ",\"key" + std::to_string(i) + "\":1";
  const auto start = std::chrono::steady_clock::now();
  Issues issues;
  EXPECT_TRUE(read_trace(odd_file(row + "}\n" + row + "}\n"), issues));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_THAT(issues.text(), HasSubstr("further keys are not used either"));
  EXPECT_LT(issues.all().size(), 30U);
}

}  // namespace kvern
