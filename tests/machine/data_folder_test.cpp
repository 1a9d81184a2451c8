// Where "data:" lies, as users meet it: KVERN_DATA, --data before it, and what is said where a file
// isn't there.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/lab/program.h"

namespace kvern {
namespace {

constexpr const char* kTrace =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:00:00.1,9,3\n";
constexpr const char* kScenario = R"(name = "a"
[workload]
trace = "data:mine/a.csv"
[[pool]]
hardware = "h100_sxm"
model = "llama-3.1-8b"
)";

class DataFolder : public testing::Test {
 protected:
  DataFolder() {
    std::filesystem::create_directories(program_.folder() / "data/mine");
    program_.write("data/mine/a.csv", kTrace);
    scenario_ = program_.write("a.toml", kScenario);
    data_ = (program_.folder() / "data").string();
  }
  // Of one test only: each has a process of its own under ctest, and this is undone all the same.
  ~DataFolder() override { restore(); }

  void variable(const std::string& folder) { setenv("KVERN_DATA", folder.c_str(), 1); }
  void restore() {
    before_.empty() ? unsetenv("KVERN_DATA") : setenv("KVERN_DATA", before_.c_str(), 1);
  }

  lab::Program program_{KVERN_BINARY};
  std::string scenario_;
  std::string data_;
  std::string before_ = std::getenv("KVERN_DATA") != nullptr ? std::getenv("KVERN_DATA") : "";
};

TEST_F(DataFolder, TheVariableNamesIt) {
  variable(data_);
  const lab::Output run = program_.run(scenario_, {});
  EXPECT_EQ(run.code, 0) << run.err;
  const lab::Output info = program_.call({"trace", "info", "data:mine/a.csv"});
  EXPECT_EQ(info.code, 0) << info.err;
}

TEST_F(DataFolder, TheOptionComesBeforeTheVariable) {
  variable((program_.folder() / "elsewhere").string());
  EXPECT_EQ(program_.run(scenario_, {"--data", data_}).code, 0);
  EXPECT_EQ(program_.call({"--data", data_, "trace", "head", "data:mine/a.csv"}).code, 0);
  // Children inherit it.
  EXPECT_EQ(program_.run(scenario_, {"--data", data_, "--compare", "seed=1,2"}).code, 0);
  const lab::Output none = program_.run(scenario_, {"--data", data_ + "/none"});
  EXPECT_EQ(none.code, 2);
  EXPECT_EQ(none.err, "kvern: error: there is no folder \"" + data_ +
                          "/none\"; --data names the folder of your data\n");
}

TEST_F(DataFolder, AMissingFileSaysHowToNameTheFolder) {
  const std::string folder = (program_.folder() / "elsewhere").string();
  variable(folder);
  const std::string hint = "there is no file \"data:mine/a.csv\"; \"data:\" is the folder " +
                           folder +
                           "; name the folder of your data by --data DIR or KVERN_DATA=DIR\n";
  const lab::Output run = program_.run(scenario_, {});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err, scenario_ + ":3:9: error: " + hint);
  const lab::Output info = program_.call({"trace", "info", "data:mine/a.csv"});
  EXPECT_EQ(info.code, 2);
  EXPECT_EQ(info.err, "kvern: error: " + hint);
}

TEST_F(DataFolder, OtherNamesLieBesideTheirFile) {
  program_.write("a.csv", kTrace);
  variable((program_.folder() / "elsewhere").string());
  const std::string text = kScenario;
  const std::size_t at = text.find("data:mine/");
  const std::string beside = program_.write("b.toml", std::string(text).erase(at, 10));
  EXPECT_EQ(program_.run(beside, {}).code, 0);
}

}  // namespace
}  // namespace kvern
