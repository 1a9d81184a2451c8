#include "sim/base/io/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "sim/base/digest.h"
#include "sim/base/outside_error.h"

namespace kvern {
namespace {

std::string write_file(const std::string& name, const std::string& bytes) {
  std::string path = testing::TempDir() + "kvern_bytes_" + std::to_string(getpid()) + "_" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string packed(const std::string& tool, const std::string& path) {
  if (std::system((tool + " -c " + path + " > " + path + "." + tool).c_str()) != 0) return {};
  return path + "." + tool;
}

std::vector<std::string> lines_of(const std::string& path) {
  ByteSource source(path);
  LineReader reader(source);
  std::vector<std::string> lines;
  for (std::string_view line; reader.next(line);) lines.emplace_back(line);
  EXPECT_EQ(reader.number(), static_cast<std::int64_t>(lines.size()));
  return lines;
}

// 20,000 lines: several buffers.
std::string many_lines() {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  return text;
}

TEST(ByteSource, LineEndsAndTheLastLine) {
  EXPECT_THAT(lines_of(write_file("a", "\xef\xbb\xbfone\r\ntwo\n\nfour")),
              testing::ElementsAre("one", "two", "", "four"));
  EXPECT_THAT(lines_of(write_file("b", "")), testing::IsEmpty());
}

TEST(ByteSource, UnpacksByContentNotByName) {
  const std::string plain = write_file("many", many_lines());
  const auto expected = lines_of(plain);
  ASSERT_EQ(expected.size(), 20'000U);
  EXPECT_EQ(expected[19'999], "line " + std::to_string(19'999 * 7919));
  for (const std::string tool : {"gzip", "zstd"})
    EXPECT_EQ(lines_of(packed(tool, plain)), expected);
  // Two gzip files joined are one.
  const std::string twice = plain + ".twice";
  ASSERT_EQ(std::system(("cat " + plain + ".gzip " + plain + ".gzip > " + twice).c_str()), 0);
  EXPECT_EQ(lines_of(twice).size(), 40'000U);
}

TEST(ByteSource, ATruncatedFileSaysWhatWasReadable) {
  const std::string plain = write_file("cut", many_lines());
  for (const std::string tool : {"gzip", "zstd"}) {
    std::ifstream file(packed(tool, plain), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::string cut = write_file("cut." + tool, bytes.substr(0, bytes.size() / 2));
    try {
      lines_of(cut);
      ADD_FAILURE() << tool;
    } catch (const OutsideError& error) {
      EXPECT_THAT(error.what(), testing::ContainsRegex("truncated; [0-9]+ bytes before it could be "
                                                       "read; line [0-9]+ was the last whole one"));
    }
  }
}

TEST(ByteSource, DamageIsFound) {
  const std::string plain = write_file("bad", many_lines());
  std::ifstream file(packed("gzip", plain), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  bytes[bytes.size() / 2] ^= 0x55;
  EXPECT_THROW(lines_of(write_file("bad.gz", bytes)), OutsideError);
  EXPECT_THROW(ByteSource("/nowhere/at/all"), OutsideError);
}

TEST(ByteSource, DigestIsOfTheStoredBytes) {
  const std::string path = write_file("abc", "abc");
  ByteSource source(path);
  // FIPS 180-4, the example "abc".
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(source.sha256(), abc);
  EXPECT_EQ(sha256_hex("abc"), abc);
  EXPECT_EQ(sha256_of_file(path), abc);
  const std::string gzip = packed("gzip", path);
  ByteSource zipped(gzip);
  lines_of(gzip);
  EXPECT_EQ(zipped.sha256(), sha256_of_file(gzip));
}

}  // namespace
}  // namespace kvern
