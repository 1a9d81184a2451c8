// Traces of other caches: an access is a request of one block.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "sim/base/outside_error.h"
#include "tests/roots.h"
#include "traces/import/import.h"
#include "traces/import/object_trace.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::uint32_t> accesses(const Trace& trace) {
  std::vector<std::uint32_t> all;
  std::vector<std::uint32_t> row;
  for (std::size_t i = 0; i < trace.blocks.rows(); ++i) {
    trace.blocks.read(i, row);
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

class ObjectTraces : public testing::Test {
 protected:
  ~ObjectTraces() override { std::remove(request_.file.c_str()); }

  std::optional<Trace> read(const std::string& content) {
    std::ofstream(request_.file, std::ios::binary) << content;
    issues_ = {};
    return read_trace(request_, issues_);
  }

  Issues issues_;
  ImportRequest request_{
      testing::TempDir() + "kvern_objects_" + std::to_string(getpid()), "", {}, ""};
};

// 4 + 8 + 4 + 8 bytes, nothing between.
std::string record(std::uint32_t time, std::uint64_t object, std::uint32_t size,
                   std::int64_t next) {
  std::string bytes(24, '\0');
  std::memcpy(bytes.data(), &time, 4);
  std::memcpy(bytes.data() + 4, &object, 8);
  std::memcpy(bytes.data() + 12, &size, 4);
  std::memcpy(bytes.data() + 16, &next, 8);
  return bytes;
}

}  // namespace

TEST_F(ObjectTraces, OracleGeneralIsToldFromItsBytes) {
  const std::uint64_t far = std::uint64_t{1} << 63;
  const auto trace = read(record(5, far, 10, 3) + record(5, 10, 10, -1) + record(9, far, 10, -1));
  ASSERT_TRUE(trace) << issues_.text();
  EXPECT_EQ(trace->provenance.importer, "oracle_general");
  EXPECT_THAT(trace->arrival_ns, ElementsAre(0, 0, 4 * kSecond));
  EXPECT_THAT(accesses(*trace), ElementsAre(0, 1, 0));
  EXPECT_THAT(trace->prompt_tokens, ElementsAre(1, 1, 1));
  EXPECT_EQ(trace->header.block_size, 1U);
  EXPECT_EQ(issues_.text(), "");
}

TEST_F(ObjectTraces, OracleGeneralSaysWhatItDoesNotKeep) {
  ASSERT_TRUE(read(record(5, 1, 10, -1) + record(5, 2, 20, -1)));
  EXPECT_THAT(issues_.text(), HasSubstr("note: object sizes differ"));
  EXPECT_THROW(read(record(5, 1, 10, -1) + "half a record"), OutsideError);
}

TEST_F(ObjectTraces, OracleGeneralKeepsTheOrderOfAccesses) {
  request_.format = "oracle_general";
  EXPECT_FALSE(read(record(5, 1, 10, -1) + record(4, 2, 10, -1)));
  EXPECT_THAT(issues_.text(), HasSubstr(":2: error: bad row: time"));
}

// Read without a trace of requests, for caches: the same accesses and the same findings.
TEST_F(ObjectTraces, StraightIntoACacheReplay) {
  const std::string content = record(5, 7, 10, 3) + record(5, 10, 20, -1) + record(9, 7, 10, -1);
  ASSERT_TRUE(read(content));
  EXPECT_TRUE(is_object_trace(request_));
  Issues issues;
  const auto objects = read_object_trace(request_, issues);
  ASSERT_TRUE(objects) << issues.text();
  EXPECT_THAT(objects->arrival, ElementsAre(0, 0, 4 * kSecond));
  EXPECT_THAT(objects->object, ElementsAre(0, 1, 0));
  EXPECT_EQ(objects->objects, 2U);
  EXPECT_EQ(issues.text(), issues_.text());

  request_.format = "oracle_general";
  EXPECT_FALSE(read(record(5, 1, 10, -1) + record(4, 2, 10, -1)));
  Issues late;
  EXPECT_FALSE(read_object_trace(request_, late));
  EXPECT_EQ(late.text(), issues_.text());
  EXPECT_THROW(read(content + "half"), OutsideError);
  EXPECT_THROW(read_object_trace(request_, late), OutsideError);
}

TEST_F(ObjectTraces, CsvByTheUsualNames) {
  request_.file = std::string(KVERN_ROOT) + "/tests/fixtures/libcachesim.csv";
  const auto trace = read_trace(request_, issues_);
  request_.file = "none";  // not ours to remove
  ASSERT_TRUE(trace) << issues_.text();
  EXPECT_EQ(trace->provenance.importer, "libcachesim_csv");
  EXPECT_THAT(trace->arrival_ns, ElementsAre(0, 0, 1'500'000'000, 2 * kSecond));
  EXPECT_THAT(accesses(*trace), ElementsAre(0, 1, 0, 2));
}

TEST_F(ObjectTraces, CsvWithoutHeaderIsTimeObjectSize) {
  request_.format = "libcachesim_csv";
  const auto trace = read("3,9,1\n4,8,1\n4,9,1\n");
  ASSERT_TRUE(trace) << issues_.text();
  EXPECT_THAT(accesses(*trace), ElementsAre(0, 1, 0));
  EXPECT_THAT(trace->source_row, ElementsAre(1, 2, 3));
}

TEST_F(ObjectTraces, CsvColumnsByOption) {
  request_.format = "libcachesim_csv";
  request_.options.object_column = "page";
  const auto trace = read("page,who\nx,a\ny,b\nx,c\n");
  ASSERT_TRUE(trace) << issues_.text();
  EXPECT_THAT(accesses(*trace), ElementsAre(0, 1, 0));
  EXPECT_THAT(trace->arrival_ns, ElementsAre(0, 1, 2));  // the order of the file
  EXPECT_EQ(trace->header.clock, "synthesised");
  request_.options.object_column = "pages";
  EXPECT_FALSE(read("page,who\nx,a\n"));
  EXPECT_THAT(issues_.text(), HasSubstr("no column \"pages\"; did you mean \"page\"?"));
}

}  // namespace kvern
