// What was calibrated on and what is judged on never overlap, told by sha256: no file that a case
// compares with is among the calibration data, and no validation file in the provenance of a model
// that we ship.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "scenarios/program/read/data_folder.h"
#include "scenarios/program/read/toml_reader.h"
#include "sim/base/digest.h"
#include "tests/lab/data.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

// "digest  path" lines.
std::map<std::string, std::string> sums(const fs::path& folder) {
  std::map<std::string, std::string> out;
  std::ifstream file(folder / "SHA256SUMS");
  std::string digest;
  std::string path;
  while (file >> digest >> path) out[digest] = path;
  return out;
}

// Every text under the key `file` of a case's [case] and [[measured]].
void collect_files(const Config& node, std::vector<std::string>& out) {
  for (const Config& item : node.items) collect_files(item, out);
  for (const Config::Member& member : node.members) {
    if (member.key == "file") out.push_back(member.value.text);
    collect_files(member.value, out);
  }
}

std::vector<fs::path> case_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(KVERN_ROOT "/scenarios/validation")) {
    if (entry.path().filename() == "case.toml") files.push_back(entry.path());
  }
  return files;
}

// Runs of 64 hex digits.
std::set<std::string> digests_in(const std::string& bytes) {
  std::set<std::string> out;
  std::size_t length = 0;
  for (std::size_t i = 0; i <= bytes.size(); ++i) {
    const char c = i < bytes.size() ? bytes[i] : ' ';
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (!hex && length == 64) out.insert(bytes.substr(i - 64, 64));
    length = hex ? length + 1 : 0;
  }
  return out;
}

TEST(SetsApart, TheTwoListsShareNoFile) {
  if (!lab::has_data("validation")) GTEST_SKIP() << lab::needs_data("validation");
  const auto calibration = sums(lab::data_file("calibration"));
  const auto validation = sums(lab::data_file("validation"));
  ASSERT_GT(calibration.size(), 50U);
  ASSERT_GT(validation.size(), 50U);
  for (const auto& [digest, path] : validation) {
    EXPECT_FALSE(calibration.contains(digest)) << path;
  }
}

TEST(SetsApart, CasesCompareWithValidationDataOnly) {
  if (!lab::has_data("validation")) GTEST_SKIP() << lab::needs_data("validation");
  const auto calibration = sums(lab::data_file("calibration"));
  std::size_t compared = 0;
  for (const fs::path& file : case_files()) {
    Issues issues;
    const auto root = read_toml(file.string(), issues);
    ASSERT_TRUE(root) << issues.text();
    std::vector<std::string> names;
    for (const char* key : {"case", "measured"}) {
      if (const Config* part = root->find(key)) collect_files(*part, names);
    }
    for (const std::string& name : names) {
      const fs::path data = named_path(name, file.parent_path());
      ASSERT_TRUE(fs::exists(data)) << file << ": " << name;
      EXPECT_FALSE(calibration.contains(sha256_of_file(data.string())))
          << file << " is judged on calibration data: " << name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 20U);
}

TEST(SetsApart, ShippedModelsComeFromCalibrationDataOnly) {
  if (!lab::has_data("validation")) GTEST_SKIP() << lab::needs_data("validation");
  const auto validation = sums(lab::data_file("validation"));
  const auto calibration = sums(lab::data_file("calibration"));
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(KVERN_ROOT "/models/hardware")) {
    ++files;
    std::string text = lab::text_of(entry.path());
    text.resize(std::min(text.size(), text.rfind("KVERN ")));  // the seal: the file's own sum
    const std::set<std::string> digests = digests_in(text);
    const bool is_fitted = entry.path().extension() == ".h5";
    EXPECT_FALSE(is_fitted && digests.empty()) << entry.path() << " does not say to what";
    for (const std::string& digest : digests) {
      EXPECT_FALSE(validation.contains(digest)) << entry.path() << " was fitted to what is judged";
      EXPECT_TRUE(calibration.contains(digest) || !is_fitted)
          << entry.path() << " was fitted to a file that is in no list: " << digest;
    }
  }
  EXPECT_GT(files, 5U);
}

}  // namespace
}  // namespace kvern
