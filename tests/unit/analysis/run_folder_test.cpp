#include "analysis/run/run_folder.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/base/outside_error.h"
#include "tests/unit/analysis/run_example.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RunFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    out_ = fs::temp_directory_path() / ("kvern_folder_" + std::to_string(::getpid()));
    path_ = (out_ / "demo-0123abcd").string();
  }
  void TearDown() override { fs::remove_all(out_); }
  static std::string content(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  fs::path out_;
  std::string path_;
};

TEST_F(RunFolderTest, AppearsWhenWholeAndReplacesTheOlder) {
  for (const char* text : {"first", "second"}) {
    RunFolder folder(path_);
    EXPECT_EQ(folder.left_over(), "");
    folder.write("summary.json", text);
    EXPECT_TRUE(fs::exists(path_ + ".partial/summary.json"));
    folder.commit();
    EXPECT_EQ(content(path_ + "/summary.json"), text);
    EXPECT_FALSE(fs::exists(path_ + ".partial"));
  }
}

TEST_F(RunFolderTest, WithoutCommitTheOlderStays) {
  {
    RunFolder folder(path_);
    folder.write("summary.json", "whole");
    folder.commit();
  }
  {
    RunFolder folder(path_);
    folder.write("summary.json", "cut short");
  }
  EXPECT_EQ(content(path_ + "/summary.json"), "whole");
  EXPECT_EQ(content(path_ + ".partial/summary.json"), "cut short");
}

// A run that dies after 300,000 rows leaves the 2^18 of its first flush; the next run says so.
TEST_F(RunFolderTest, KilledRunIsReported) {
  const pid_t child = ::fork();
  if (child == 0) {
    RunFolder folder(path_);
    RunRecords::Settings settings = example::settings();
    settings.file = folder.file("records.h5");
    RunRecords records(settings);
    for (std::uint32_t id = 0; id < 300'000; ++id) records.request(example::request(id));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const RunFolder next(path_);
  EXPECT_THAT(next.left_over(), HasSubstr("demo-0123abcd.partial: left by a run that did not end"));
  EXPECT_THAT(next.left_over(), HasSubstr(" complete request rows in records.h5"));
  EXPECT_FALSE(fs::exists(next.file("records.h5")));
}

TEST_F(RunFolderTest, TwoRunsDoNotShareAFolder) {
  const RunFolder one(path_);
  EXPECT_THROW(RunFolder{path_}, OutsideError);
}

TEST_F(RunFolderTest, UnwritablePlaceIsAnOutsideError) {
  EXPECT_THROW(RunFolder("/proc/kvern/demo"), OutsideError);
}

TEST(RunFolderName, IsTheHashOfTheResolvedScenario) {
  // sha256("abc") = ba7816bf 8f01cfea ... (FIPS 180-4, example)
  EXPECT_EQ(RunFolder::name("demo", "abc"), "demo-ba7816bf");
}

TEST(Manifest, IsToml) {
  Manifest m;
  m.version = "0.1.0";
  m.libraries = {{"hdf5", "1.10.8"}};
  m.scenario = "a \"b\"";
  m.seed = 7;
  m.inputs = {{"traces/x.csv", "ab12"}};
  m.fingerprint = "0123456789abcdef";
  const std::string toml = manifest_toml(m);
  EXPECT_THAT(toml, HasSubstr("kvern = \"0.1.0\"\ncompiler = \""));
  EXPECT_THAT(toml, HasSubstr("scenario = \"a \\\"b\\\"\"\nseed = 7\n"
                              "fingerprint = \"0123456789abcdef\"\nclairvoyant = false\n"));
  EXPECT_THAT(toml, HasSubstr("[libraries]\n\"hdf5\" = \"1.10.8\"\n"));
  EXPECT_THAT(toml, HasSubstr("[[input]]\npath = \"traces/x.csv\"\nsha256 = \"ab12\"\n"));
}

}  // namespace
}  // namespace kvern
