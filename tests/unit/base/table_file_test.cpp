#include "sim/base/io/hdf5/table_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/base/outside_error.h"

namespace kvern {
namespace {

std::string scratch(const std::string& name) {
  return testing::TempDir() + "kvern_table_" + std::to_string(getpid()) + "_" + name;
}

TableSpec two_columns() {
  return {"/requests",
          {{"id", ColumnType::U32, "1", "row of the trace"},
           {"arrival_ns", ColumnType::I64, "ns", "arrival"}},
          8};
}

void put_rows(Table& table, std::uint32_t first, std::uint32_t count) {
  for (std::uint32_t i = first; i < first + count; ++i) {
    table.put(0, i);
    table.put(1, std::int64_t{i} * 1000);
    table.end_row();
  }
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(TableFile, ReadsBackWhatWasWritten) {
  const std::string path = scratch("round.h5");
  for (const bool compress : {false, true}) {
    TableWriter writer(path);
    TableSpec spec = two_columns();
    spec.compress = compress;
    Table& table = writer.add_table(spec);
    Table& names =
        writer.add_table({"/dictionary", {{"tenant", ColumnType::Text, "", "names"}}, 4});
    put_rows(table, 0, 13);  // one whole chunk of 8 and 5 rows
    writer.flush();
    put_rows(table, 13, 10);  // fills the second chunk, begins the third
    for (const char* name : {"", "ä", "b", "c", "d"}) names.append_text(name);
    writer.set_attribute("/", "format", std::string("old"));
    writer.set_attribute("/", "format", std::string("kvern.test"));
    writer.set_attribute("/provenance", "seed", std::int64_t{-7});
    writer.close();

    TableReader reader(path);
    EXPECT_TRUE(TableReader::is_table_file(path));
    ASSERT_EQ(reader.rows("/requests/id"), 23U);
    const auto ids = reader.read_all<std::uint32_t>("/requests/id");
    for (std::uint32_t i = 0; i < 23; ++i) EXPECT_EQ(ids[i], i);
    std::vector<std::int64_t> window(3);
    reader.read<std::int64_t>("/requests/arrival_ns", 7, window);
    EXPECT_EQ(window, (std::vector<std::int64_t>{7000, 8000, 9000}));
    EXPECT_EQ(reader.read_text("/dictionary/tenant"),
              (std::vector<std::string>{"", "ä", "b", "c", "d"}));
    EXPECT_EQ(reader.text_attribute("/", "format"), "kvern.test");
    EXPECT_EQ(reader.text_attribute("/requests/arrival_ns", "unit"), "ns");
    EXPECT_EQ(reader.integer_attribute("/provenance", "seed"), -7);
    EXPECT_FALSE(reader.has("/nothing/at/all"));
    EXPECT_THROW(reader.read_all<std::uint64_t>("/requests/id"), OutsideError);
    EXPECT_THROW(reader.read<std::int64_t>("/requests/arrival_ns", 21, window), OutsideError);
  }
}

TEST(TableFile, EqualInputMakesEqualBytes) {
  for (const char* name : {"one.h5", "two.h5"}) {
    TableWriter writer(scratch(name));
    put_rows(writer.add_table(two_columns()), 0, 20);
    writer.set_attribute("/", "name", std::string("x"));
    writer.close();
  }
  EXPECT_EQ(bytes_of(scratch("one.h5")), bytes_of(scratch("two.h5")));
}

// A child process is killed after 20,000 rows, of which 12,000 were flushed.
TEST(TableFile, SurvivesAKill) {
  const std::string path = scratch("kill.h5");
  const pid_t child = fork();
  if (child == 0) {
    TableWriter writer(path);
    Table& table = writer.add_table(two_columns());
    put_rows(table, 0, 12'000);
    writer.flush();
    put_rows(table, 12'000, 8'000);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  TableReader reader(path);
  EXPECT_EQ(reader.rows("/requests/id"), 12'000U);
  EXPECT_EQ(reader.read_all<std::uint32_t>("/requests/id")[11'999], 11'999U);
}

// The "disk" of a child ends at `limit` bytes (a file size limit meets writers as a full disk does,
// with another errno). It must fail, once, and leave what was flushed.
int fill_disk(const std::string& path, rlim_t limit) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit size{limit, limit};
  setrlimit(RLIMIT_FSIZE, &size);
  int failures = 0;
  TableWriter writer(path);
  Table& table = writer.add_table(two_columns());
  for (std::uint32_t i = 0; i < 100; ++i) {
    try {
      put_rows(table, i * 1000, 1000);
      writer.flush();
    } catch (const OutsideError&) {
      ++failures;
    }
  }
  return failures;
}

TEST(TableFile, AFullDiskFailsOnceAndKeepsWhatWasFlushed) {
  // Many limits, so that data, tree nodes and headers are each cut once.
  for (rlim_t limit = 40'000; limit < 200'000; limit += 7'777) {
    const std::string path = scratch("full.h5");
    const pid_t child = fork();
    if (child == 0) _exit(fill_disk(path, limit));
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 1) << limit;
    TableReader reader(path);
    const std::uint64_t rows = reader.rows("/requests/id");
    EXPECT_GT(rows, 0U) << limit;
    EXPECT_EQ(rows % 1000, 0U) << limit;
    const auto ids = reader.read_all<std::uint32_t>("/requests/id");
    for (std::uint32_t i = 0; i < rows; ++i) ASSERT_EQ(ids[i], i) << limit;
  }
}

}  // namespace
}  // namespace kvern
