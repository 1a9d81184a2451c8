#include "sim/base/io/hdf5/seal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

#include "sim/base/io/hdf5/array_file.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"
#include "sim/base/random.h"

namespace kvern {
namespace {

std::string sealed_path() {
  return testing::TempDir() + "kvern_seal_" + std::to_string(getpid()) + ".h5";
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put_content(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::string sealed_table() {
  TableWriter writer(sealed_path());
  Table& table = writer.add_table({"/t", {{"id", ColumnType::U32, "1", ""}}, 8});
  for (std::uint32_t i = 0; i < 100; ++i) {
    table.put(0, i);
    table.end_row();
  }
  writer.close_sealed("trace");
  return sealed_path();
}

TEST(Seal, TheFileReadsAsBefore) {
  const std::string path = sealed_table();
  EXPECT_EQ(sealed_kind(path), "trace");
  TableReader reader(path, "trace", "");
  EXPECT_EQ(reader.read_all<std::uint32_t>("/t/id")[99], 99U);
  EXPECT_THROW(TableReader(path, "cost table", ""), OutsideError);
}

TEST(Seal, AnyChangedByteAnyCutAndAnyAddedByteIsFound) {
  const std::string path = sealed_table();
  const std::string whole = content_of(path);
  Stream stream(1, "test.seal");
  for (int i = 0; i < 200; ++i) {
    std::string changed = whole;
    changed[stream.bits() % changed.size()] ^= static_cast<char>(1 << (stream.bits() % 8));
    put_content(path, changed);
    EXPECT_THROW(check_seal(path, "trace", ""), OutsideError) << i;
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{8}, whole.size() / 2, whole.size() - 1}) {
    put_content(path, whole.substr(0, size));
    EXPECT_THROW(check_seal(path, "trace", ""), OutsideError) << size;
  }
  put_content(path, whole + "x");
  EXPECT_THROW(check_seal(path, "trace", ""), OutsideError);
  put_content(path, whole);
  check_seal(path, "trace", "");
}

// 4 KB on disk that claim 8 GB: refused before memory is asked for.
TEST(Seal, AClaimBeyondTheFileIsRefused) {
  {
    ArrayWriter writer(sealed_path());
    writer.create("/q", {1, 1'000'000'000, 1, 8}, ArrayType::F32, "1", "");
    writer.close();
  }
  const ArrayReader reader(sealed_path());
  EXPECT_THROW(reader.shape("/q"), OutsideError);
}

}  // namespace
}  // namespace kvern
