// Nothing of a user's is lost: what a run did not make stays, and what must not be replaced is
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/lab/program.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;
using lab::kSmall;
using lab::Output;
using lab::text_of;
using testing::HasSubstr;

constexpr const char* kTrace =
    "arrival_ns,prompt_tokens,output_tokens\n0,10,3\n1000000,20,4\n2000000,5,6\n";

class DataLoss : public testing::Test {
 protected:
  fs::path in(const std::string& name) const { return program_.folder() / name; }
  // The one folder in out/.
  fs::path run_folder() const {
    for (const auto& entry : fs::directory_iterator(in("out"))) return entry.path();
    return {};
  }
  lab::Program program_{KVERN_BINARY};
};

TEST_F(DataLoss, AUsersFilesInARunFolderStay) {
  const std::string file = program_.write("small.toml", kSmall);
  ASSERT_EQ(program_.run(file, {}).code, 0);
  const fs::path folder = run_folder();
  program_.write("out/" + folder.filename().string() + "/notes.txt", "mine");
  fs::create_directories(folder / "plots");
  program_.write("out/" + folder.filename().string() + "/plots/a.svg", "mine too");
  ASSERT_EQ(program_.run(file, {}).code, 0);
  EXPECT_EQ(text_of(folder / "notes.txt"), "mine");
  EXPECT_EQ(text_of(folder / "plots/a.svg"), "mine too");
  EXPECT_TRUE(fs::exists(folder / "summary.json"));
  EXPECT_FALSE(fs::exists(folder.string() + ".partial"));
}

TEST_F(DataLoss, ALinkInThePlaceOfARunFolderIsNotFollowed) {
  const std::string file = program_.write("small.toml", kSmall);
  ASSERT_EQ(program_.run(file, {}).code, 0);
  const fs::path folder = run_folder();
  fs::create_directories(in("elsewhere"));
  program_.write("elsewhere/summary.json", "mine");
  fs::create_directory_symlink(in("elsewhere"), folder.string() + ".partial");
  const Output again = program_.run(file, {});
  EXPECT_EQ(again.code, 3) << again.err;
  EXPECT_THAT(again.err, HasSubstr("a symbolic link"));
  EXPECT_EQ(text_of(in("elsewhere/summary.json")), "mine");
}

// The rows of a case are run in a folder of its name and removed with it.
TEST_F(DataLoss, ACaseCanNotNameAnotherFolder) {
  fs::create_directories(in("victim"));
  program_.write("victim/precious.txt", "mine");
  program_.write("rows.csv", "n\n20\n");
  for (const std::string& name :
       {std::string("../../victim"), in("victim").string(), std::string(""), std::string("..")}) {
    const std::string file = program_.write(
        "case.toml", std::string(kSmall) + "[case]\nname = '" + name +
                         "'\n[case.rows]\nfile = \"rows.csv\"\nset = { \"workload.requests\" = "
                         "\"{n}\" }\n");
    const Output refused =
        program_.call({"validate", file, "--out", (program_.folder() / "out").string()});
    EXPECT_EQ(refused.code, 2) << name << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("does not make a folder name"));
    EXPECT_EQ(text_of(in("victim/precious.txt")), "mine");
  }
}

TEST_F(DataLoss, AnOutputReplacesOnlyItsKind) {
  const std::string trace = program_.write("trace.csv", kTrace);
  const std::string other = program_.write("other.txt", "mine");
  EXPECT_EQ(program_.call({"trace", "import", trace, "--out", trace}).code, 2);
  EXPECT_EQ(text_of(trace), kTrace);
  EXPECT_EQ(program_.call({"trace", "import", trace, "--out", other}).code, 3);
  EXPECT_EQ(text_of(other), "mine");
  fs::create_symlink(other, in("link.h5"));
  EXPECT_EQ(program_.call({"trace", "import", trace, "--out", in("link.h5").string()}).code, 3);
  EXPECT_TRUE(fs::is_symlink(in("link.h5")));
  ASSERT_EQ(mkfifo(in("pipe.h5").c_str(), 0600), 0);
  EXPECT_EQ(program_.call({"trace", "import", trace, "--out", in("pipe.h5").string()}).code, 3);
  EXPECT_TRUE(fs::is_fifo(in("pipe.h5")));
  // Its own kind is replaced; the partial file is not left.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(program_.call({"trace", "import", trace, "--out", in("own.h5").string()}).code, 0);
  }
  EXPECT_FALSE(fs::exists(in("own.h5.partial")));
  const std::string own = in("own.h5").string();
  EXPECT_EQ(program_.call({"trace", "import", own, "--out", own}).code, 2);
  const std::string small = program_.write("small.toml", kSmall);
  EXPECT_EQ(program_.run(small, {"--save-cache", own}).code, 3);
  EXPECT_EQ(program_.call({"trace", "info", own}).code, 0);
}

TEST_F(DataLoss, WhatAsideFilesWouldReplaceIsLeftAlone) {
  const std::string trace = program_.write("trace.csv", std::string(kTrace) + "x,y,z\n");
  const std::string out = in("t.h5").string();
  program_.write("t.h5.bad", "mine");
  const Output refused = program_.call({"trace", "import", trace, "--skip-bad", "--out", out});
  EXPECT_EQ(refused.code, 3) << refused.err;
  EXPECT_EQ(text_of(in("t.h5.bad")), "mine");
}

}  // namespace
}  // namespace kvern
