// `kvern attention` on the table of logits that every policy's hand vector is of.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>

#include "tests/lab/program.h"
#include "tests/lab/recordings.h"
#include "tests/roots.h"

namespace kvern {
namespace {

struct Vector {
  const char* policy;
  const char* kept;
  const char* hidden;
  double recall_mean;
  double recall_min;  // 0: not given
};

// 24 tokens, logit(i, j) = (7i + 3jj + 5ij mod 11) / 2, one head, from an empty cache. Made by an
// independent implementation.
constexpr Vector kMicro[] = {
    {"window(size=6)", "[18,19,20,21,22,23]", "[]", .679121, .245503},
    {"streaming_llm(sinks=2,recent=4)", "[0,1,20,21,22,23]", "[]", .592879, .069082},
    {"h2o(heavy=3,recent=3,variant=B)", "[0,1,2,21,22,23]", "[]", .609060, .056760},
    {"h2o(heavy=3,recent=3,variant=A)", "[0,1,2,22,23]", "[21]", .555888, 0},
    {"h2o(heavy=3,variant=C)", "[0,1,21,22,23]", "[]", .559139, 0},
    {"tova(size=6)", "[2,3,13,14,19,20]", "[]", .550138, .091212},
    {"buzz(sinks=1,window=3,threshold=4,stride=3)", "[0,1,18,21,22,23]", "[]", .683219, .070626},
    {"buzz(sinks=1,window=3,threshold=4,stride=3,variant=fast)", "[0,2,20,21,22,23]", "[]", .703073,
     0},
    {"future_mass_greedy(size=6)", "[15,16,19,20,22,23]", "[]", .731090, .258553},
    {"per_step_oracle(size=6)", "", "[]", .893957, .577197},
};

std::string after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find("\"" + key + "\":");
  return at == std::string::npos ? "" : text.substr(at + key.size() + 3);
}

class AttentionCommand : public testing::Test {
 protected:
  AttentionCommand() { lab::write_recording(recording_, {lab::micro_table()}); }
  lab::Output attention(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"attention", recording_});
    return program_.call(arguments);
  }

  lab::Program program_{KVERN_BINARY};
  std::string recording_ = (program_.folder() / "micro.h5").string();
};

TEST_F(AttentionCommand, HandVectors) {
  std::vector<std::string> arguments = {"--json"};
  for (const Vector& vector : kMicro) {
    arguments.insert(arguments.end(), {"--policy", vector.policy});
  }
  const lab::Output output = attention(arguments);
  ASSERT_EQ(output.code, 0) << output.err;
  std::string rest = output.out;
  for (const Vector& vector : kMicro) {
    rest = after(rest, "policy");
    const std::string row = rest.substr(0, rest.find('}'));
    EXPECT_EQ(row.find("\"" + std::string(vector.policy) + "\""), 0U) << row;
    if (*vector.kept != 0) {
      EXPECT_EQ(after(row, "kept").find(vector.kept), 0U) << row;
    }
    EXPECT_EQ(after(row, "hidden").find(vector.hidden), 0U) << row;
    EXPECT_EQ(after(row, "steps").find("24,"), 0U) << row;
    EXPECT_NEAR(std::strtod(after(row, "recall_mean").c_str(), nullptr), vector.recall_mean, 1e-6)
        << row;
    if (vector.recall_min > 0) {
      EXPECT_NEAR(std::strtod(after(row, "recall_min").c_str(), nullptr), vector.recall_min, 1e-6)
          << row;
    }
  }
}

TEST_F(AttentionCommand, TheTableHasALineAPolicy) {
  const lab::Output output = attention({"--policy", "full", "--policy", "window(size=6)"});
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_NE(output.out.find("\nfull  "), std::string::npos) << output.out;
  EXPECT_NE(output.out.find("\nwindow(size=6)  0.679121"), std::string::npos) << output.out;
}

// The steps' rows add up to the heads'; a recording without the model has no quality.
TEST_F(AttentionCommand, RowsByStepAndByGroup) {
  const std::vector<std::string> both = {"--policy", "full", "--policy", "window(size=6)"};
  const auto rows = [&](const char* by) {
    std::vector<std::string> arguments = both;
    arguments.insert(arguments.end(), {"--json", "--rows", by});
    return attention(arguments).out;
  };
  const std::string heads = rows("heads");
  std::vector<std::string> plain = both;
  plain.emplace_back("--json");
  EXPECT_EQ(heads, attention(plain).out);
  const std::string steps = rows("steps");
  const std::vector<double> recall = lab::numbers_of(steps, "recall_mean");
  ASSERT_EQ(recall.size(), 48U);
  double sum = 0;
  for (std::size_t s = 24; s < 48; ++s) sum += recall[s];
  EXPECT_NEAR(sum / 24, .679121, 1e-6);  // the hand vector of window
  const std::vector<double> resident = lab::numbers_of(steps, "resident_mean");
  EXPECT_EQ(resident[23], 24);
  EXPECT_EQ(resident[24 + 4], 5);
  EXPECT_EQ(resident[24 + 5], 6);
  EXPECT_EQ(resident[24 + 23], 6);
  const std::string groups = rows("groups");
  for (const char* key : {"bytes_read", "bytes_written", "flops", "policy_flops"}) {
    const std::vector<double> by_head = lab::numbers_of(heads, key);
    const std::vector<double> by_step = lab::numbers_of(steps, key);
    double total = 0;
    for (std::size_t s = 24; s < 48; ++s) total += by_step[s];
    EXPECT_EQ(total, by_head[1]) << key;
    EXPECT_EQ(lab::numbers_of(groups, key)[0], by_head[0]) << key;  // group "all"
  }
  EXPECT_EQ(groups.find("\"nll\""), std::string::npos);
  EXPECT_EQ(groups.find("\"worst\":true"), std::string::npos);
}

TEST_F(AttentionCommand, RowsNeedJson) {
  const lab::Output output = attention({"--policy", "full", "--rows", "steps"});
  EXPECT_EQ(output.code, 2);
  EXPECT_NE(output.err.find("only --json prints rows"), std::string::npos) << output.err;
  const lab::Output unknown = attention({"--policy", "full", "--json", "--rows", "step"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("did you mean \"steps\"?"), std::string::npos) << unknown.err;
}

TEST_F(AttentionCommand, UserErrorsAreToldTogether) {
  const lab::Output output = attention({"--policy", "windov(size=6)", "--policy", "window"});
  EXPECT_EQ(output.code, 2);
  EXPECT_NE(output.err.find("did you mean \"window\"?"), std::string::npos) << output.err;
  EXPECT_NE(output.err.find("this policy needs a size"), std::string::npos) << output.err;
  EXPECT_EQ(attention({"--policy", "window(size=6)", "--form", "linear"}).code, 2);
  EXPECT_EQ(program_.call({"attention", "none.h5", "--policy", "full"}).code, 2);
}

// A signal ends it at once, whatever the policy is at: here minutes of full rows.
TEST_F(AttentionCommand, ASignalEndsIt) {
  const std::string path = (program_.folder() / "long.h5").string();
  lab::write_recording(path, {lab::random_text({.tokens = 6000, .prompt = 5000, .kv_heads = 4})});
  for (const char* policy : {"h2o(budget=0.1)", "future_mass_greedy(budget=0.1)", "full"}) {
    const pid_t pid = fork();
    if (pid == 0) {
      dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
      execl(KVERN_BINARY, KVERN_BINARY, "attention", path.c_str(), "--policy", policy, nullptr);
      _exit(127);
    }
    sleep(1);
    ASSERT_EQ(kill(pid, SIGTERM), 0);
    const auto since = std::chrono::steady_clock::now();
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_LT(std::chrono::steady_clock::now() - since, std::chrono::seconds(2)) << policy;
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 130) << policy;
  }
}

// The place and the words, for every way to leave the wrapped policy out.
TEST_F(AttentionCommand, AWrapperWithoutAPolicyIsAUserError) {
  for (const char* policy : {"kv_quant", "kv_quant(nosuch)", "adakv(bits=4)", "adakv(kv_quant)"}) {
    const lab::Output output = attention({"--policy", policy});
    EXPECT_EQ(output.code, 2) << policy;
    EXPECT_NE(output.err.find(std::string("--policy ") + policy), std::string::npos) << output.err;
  }
}

TEST_F(AttentionCommand, AControllerNarrowsWhatIsRead) {
  const lab::Output dense = attention({"--json", "--policy", "full", "--control", "dense"});
  ASSERT_EQ(dense.code, 0) << dense.err;
  EXPECT_EQ(dense.out, attention({"--json", "--policy", "full"}).out);
  const lab::Output off =
      attention({"--json", "--policy", "full", "--control", "off(heads=[0:0])"});
  ASSERT_EQ(off.code, 0) << off.err;
  EXPECT_EQ(lab::numbers_of(off.out, "recall_mean"), std::vector<double>{0});
  EXPECT_EQ(lab::numbers_of(off.out, "bytes_read"), std::vector<double>{0});
  const lab::Output wrong = attention({"--policy", "full", "--control", "off(heads=[7:0])"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("there is no layer 7"), std::string::npos) << wrong.err;
  const lab::Output unknown = attention({"--policy", "full", "--control", "of(heads=[0:0])"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("did you mean \"off\""), std::string::npos) << unknown.err;
  const lab::Output linear =
      attention({"--policy", "full", "--form", "linear", "--control", "dense"});
  EXPECT_EQ(linear.code, 2);
}

}  // namespace
}  // namespace kvern
