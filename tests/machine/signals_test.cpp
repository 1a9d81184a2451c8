// A signal ends every command with code 130 and leaves no child behind. How fast is for eyes: the
// waits here only keep a hang from lasting for ever.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/lab/program.h"

namespace kvern {
namespace {

namespace fs = std::filesystem;

class Signals : public testing::Test {
 protected:
  void SetUp() override {
    file_ = program_.write("long.toml", R"toml(name = "long"
[workload]
arrivals = "poisson(rate=50 req/s)"
lengths = "constant(prompt=40, output=5)"
requests = 2000000000
[[pool]]
step_cost = "affine"
[pool.kv]
blocks = 2000
)toml");
    out_ = (program_.folder() / "out").string();
  }

  pid_t start(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), KVERN_BINARY);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) {
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, STDOUT_FILENO);
      dup2(null, STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    return pid;
  }

  // Processes that name our scratch folder, and are not ended.
  std::size_t alive() const {
    std::size_t count = 0;
    std::error_code gone;
    for (const auto& process : fs::directory_iterator("/proc", gone)) {
      const std::string words = lab::text_of(process.path() / "cmdline");
      count += words.find(program_.folder().string()) != std::string::npos ? 1 : 0;
    }
    return count;
  }

  // True once `condition` holds.
  template <class Condition>
  static bool soon(Condition condition) {
    for (int i = 0; i < 1500; ++i) {
      if (condition()) return true;
      usleep(20'000);
    }
    return false;
  }

  // 130, or -1 where it does not end or otherwise.
  static int ended(pid_t pid) {
    int status = 0;
    const bool over = soon([&] { return waitpid(pid, &status, WNOHANG) == pid; });
    if (!over) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  lab::Program program_{KVERN_BINARY};
  std::string file_, out_;
};

TEST_F(Signals, RunsInChildrenEndWithTheirParent) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t pid = start({"run", file_, "--out", out_, "--compare", "seed=1,2,3"});
    ASSERT_TRUE(soon([&] { return alive() >= 2; }));
    kill(pid, signal);
    EXPECT_EQ(ended(pid), 130);
    EXPECT_TRUE(soon([&] { return alive() == 0; }));
  }
}

// Its parent is killed and can tell nobody.
TEST_F(Signals, NoChildOutlivesAKilledParent) {
  const pid_t pid = start({"run", file_, "--out", out_, "--compare", "seed=1,2,3"});
  ASSERT_TRUE(soon([&] { return alive() >= 2; }));
  kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(soon([&] { return alive() == 0; }));
}

TEST_F(Signals, ACommandThatLooksAtNoFlagEndsToo) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string trace = (program_.folder() / "trace.h5").string();
    const pid_t pid = start(
        {"trace", "synthesize", file_, "--set", "workload.requests=20000000", "--out", trace});
    ASSERT_TRUE(soon([&] { return alive() >= 1; }));
    usleep(300'000);
    kill(pid, signal);
    EXPECT_EQ(ended(pid), 130);
    EXPECT_FALSE(fs::exists(trace));
  }
}

}  // namespace
}  // namespace kvern
