// The program from outside: what it prints where, and its exit codes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using lab::Output;
using lab::text_of;

class CommandLine : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    return program_.write(name, text);
  }
  Output program(const std::vector<std::string>& arguments) const {
    return program_.call(arguments);
  }
  Output run(const std::string& scenario, const std::vector<std::string>& more) const {
    return program_.run(scenario, more);
  }
  std::filesystem::path out() const { return program_.folder() / "out"; }

 private:
  lab::Program program_{KVERN_BINARY};
};

constexpr const char* kSmall = R"toml(name = "small"
[workload]
arrivals = "poisson(rate=50 req/s)"
lengths = "azure2023_conversation"
requests = 60
[[pool]]
step_cost = "affine"
[pool.kv]
blocks = 2000
)toml";

}  // namespace

TEST_F(CommandLine, VersionAndHelpGoToStdout) {
  EXPECT_EQ(program({"--version"}).out.substr(0, 6), "kvern ");
  const Output help = program({"run", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("--stepwise"), std::string::npos);
}

TEST_F(CommandLine, UnknownWordsAreUserErrors) {
  const Output command = program({"rum"});
  EXPECT_EQ(command.code, 2);
  EXPECT_EQ(command.err, "kvern: error: unknown command \"rum\"; did you mean \"run\"?\n");
  const Output option = program({"run", "x.toml", "--jsn"});
  EXPECT_EQ(option.code, 2);
  EXPECT_EQ(option.err, "kvern: error: unknown option \"--jsn\"; did you mean \"--json\"?\n");
  EXPECT_EQ(program({}).code, 2);
  EXPECT_EQ(program({"run"}).code, 2);
}

TEST_F(CommandLine, ErrorsOfAScenario) {
  const Output missing = program({"run", "none.toml"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "none.toml: error: can't read this file: No such file or directory\n");
  const std::string file = write("bad.toml", std::string(kSmall) + "blocs = 3\n");
  const Output bad = run(file, {});
  EXPECT_EQ(bad.code, 2);
  EXPECT_EQ(bad.err, file +
                         ":10:1: error: unknown key \"blocs\" in [pool.kv]; did you mean "
                         "\"blocks\"?\n");
  EXPECT_EQ(bad.out, "");
}

TEST_F(CommandLine, JsonIsAllOfStdout) {
  const Output result = run(write("small.toml", kSmall), {"--json", "--set", "pool.replicas=2"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out.substr(0, 2), "{\n");
  EXPECT_EQ(result.out.substr(result.out.size() - 3), "\n}\n");
  EXPECT_NE(result.out.find("\"requests_finished\": 60"), std::string::npos) << result.out;
}

// Law 8: the resolved scenario of a run gives the same run, in the same folder.
TEST_F(CommandLine, TheResolvedScenarioIsTheSameRun) {
  const Output first = run(write("small.toml", kSmall), {"--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  std::filesystem::path made;
  for (const auto& entry : std::filesystem::directory_iterator(out())) made = entry;
  EXPECT_EQ(made.filename().string().substr(0, 6), "small-");
  const std::string copy = write("copy.toml", text_of(made / "scenario.resolved.toml"));
  const Output second = run(copy, {"--json"});
  EXPECT_EQ(second.out, first.out) << second.err;
  EXPECT_TRUE(std::filesystem::exists(made / "summary.json"));
  EXPECT_EQ(second.err, "wrote " + made.string() + "\n");
}

// A file named in a scenario is beside it; the resolved scenario lies elsewhere and finds it too.
TEST_F(CommandLine, FilesAreBesideTheScenarioThatNamesThem) {
  write("lengths.csv", "percent,prompt,output\n0,10,5\n100,1000,50\n");
  std::string text = kSmall;
  text.replace(text.find("azure2023_conversation"), 22, "lengths.csv");
  const Output first = run(write("small.toml", text), {"--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  for (const auto& made : std::filesystem::directory_iterator(out())) {
    const Output second = run((made.path() / "scenario.resolved.toml").string(), {"--json"});
    EXPECT_EQ(second.out, first.out) << second.err;
    EXPECT_NE(text_of(made.path() / "manifest.toml").find("lengths.csv"), std::string::npos);
  }
}

TEST_F(CommandLine, TracesAreMadeAndReplayed) {
  const std::string file = write("small.toml", kSmall);
  const std::string trace = (out().parent_path() / "small.h5").string();
  const Output made = program({"trace", "synthesize", file, "--out", trace});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_NE(made.out.find("requests        60 in"), std::string::npos) << made.out;
  EXPECT_EQ(program({"trace", "info", trace}).code, 0);
  const Output head = program({"trace", "head", trace, "-n", "2"});
  EXPECT_EQ(std::count(head.out.begin(), head.out.end(), '\n'), 3) << head.out;
  const std::string replay = write("replay.toml",
                                   "[workload]\ntrace = \"small.h5\"\n[[pool]]\n"
                                   "step_cost = \"affine\"\n[pool.kv]\n"
                                   "blocks = 2000\n");
  const Output replayed = run(replay, {"--json"});
  EXPECT_NE(replayed.out.find("\"requests_finished\": 60"), std::string::npos) << replayed.err;
  EXPECT_EQ(program({"trace", "info", "none.csv"}).code, 2);
  EXPECT_EQ(program({"trace", "imprt"}).code, 2);
}

TEST_F(CommandLine, AnUnwritablePlaceIsTheOutsideWorlds) {
  const Output result = program({"run", write("small.toml", kSmall), "--out", "/proc/nowhere"});
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "");
}

// SIGTERM: what was done is printed, the files are closed, the folder stays .partial.
TEST_F(CommandLine, ASignalEndsTheRunWithItsFilesClosed) {
  const std::string file = write("long.toml", kSmall);
  const std::string folder = out().string();
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    execl(KVERN_BINARY, KVERN_BINARY, "run", file.c_str(), "--out", folder.c_str(), "--set",
          "workload.requests=2000000000", nullptr);
    _exit(127);
  }
  bool written = false;
  for (int i = 0; i < 500 && !written; ++i) {
    usleep(20'000);
    if (!std::filesystem::exists(out())) continue;
    for (const auto& made : std::filesystem::directory_iterator(out())) {
      written = written || std::filesystem::exists(made.path() / "records.h5");
    }
  }
  ASSERT_TRUE(written);
  ASSERT_EQ(kill(pid, SIGTERM), 0);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  for (const auto& made : std::filesystem::directory_iterator(out())) {
    EXPECT_TRUE(made.path().string().ends_with(".partial"));
    EXPECT_TRUE(std::filesystem::exists(made.path() / "summary.json"));
  }
}

TEST_F(CommandLine, AMissedExpectationIsOne) {
  const std::string claim = "[[expect]]\nmetric = \"requests_finished\"\nvalue = ";
  const Output met = run(write("met.toml", kSmall + claim + "60\n"), {});
  EXPECT_EQ(met.code, 0);
  EXPECT_NE(met.out.find("\nok    requests_finished = 60 requests, expected 60 requests\n"),
            std::string::npos)
      << met.out;
  const Output missed = run(write("missed.toml", kSmall + claim + "61\n"), {});
  EXPECT_EQ(missed.code, 1);
  EXPECT_NE(missed.out.find("\nMISS  requests_finished = 60 requests, expected 61 requests\n"),
            std::string::npos);
}

TEST_F(CommandLine, ASweepIsOneTableOrOneArray) {
  const std::string file = write("small.toml", kSmall);
  const Output table = run(file, {"--compare", "pool.kv.blocks=1000,2000"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 3) << table.out;
  EXPECT_EQ(table.out.find("pool.kv.blocks"), 0U);
  const Output json = run(file, {"--json", "--compare", "seed=1,2"});
  EXPECT_EQ(json.out.find("[\n  {\n    \"point\": {\"seed\": 1},\n    \"summary\": {"), 0U)
      << json.out;
  const Output alone = run(file, {"--json", "--set", "seed=2"});
  const std::size_t at = alone.out.find("\"fingerprint\"");
  const std::string fingerprint = alone.out.substr(at, alone.out.find(',', at) - at);
  EXPECT_NE(json.out.find(fingerprint), std::string::npos) << "a point is the run it names";
}

TEST_F(CommandLine, DescribesEveryPolicyAndTable) {
  const Output list = program({"describe"});
  EXPECT_EQ(list.code, 0);
  EXPECT_NE(list.out.find("pool.kv"), std::string::npos);
  const Output kv = program({"describe", "pool.kv"});
  EXPECT_NE(kv.out.find("prefix_cache"), std::string::npos);
  const Output lru = program({"describe", "eviction.lru"});
  EXPECT_EQ(lru.code, 0);
  const Output wrong = program({"describe", "eviction.lur"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("did you mean \"eviction.lru\"?"), std::string::npos) << wrong.err;
}

// A full disk: exit 3. /dev/full refuses every byte.
TEST_F(CommandLine, AFullStdoutIsTheOutsideWorlds) {
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
    execl(KVERN_BINARY, KVERN_BINARY, "describe", nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

}  // namespace kvern
