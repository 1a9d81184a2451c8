// The first run and the two public traces: the fingerprint is known, and the same step by step, on
// either timeline and from the resolved file. (The others: sweep_scenarios_test.cpp.) A change of
// these numbers is a change of what Kvern says: say why in the commit that makes it.
#include <gtest/gtest.h>

#include "tests/lab/data.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

struct Golden {
  const char* scenario;
  const char* fingerprint;
  const char* trace;  // in the data folder; "" = none needed
};

void PrintTo(const Golden& golden, std::ostream* out) { *out << golden.scenario; }

class Scenarios : public testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    const std::string trace = GetParam().trace;
    if (!trace.empty() && !lab::has_data(trace)) GTEST_SKIP() << lab::needs_data(trace);
  }

  // The fingerprint of a run of `file`, or what went wrong.
  std::string fingerprint(const std::string& file, const std::vector<std::string>& more) const {
    const lab::Output output = program_.run(file, more);
    const std::string mark = "fingerprint ";
    const std::size_t at = output.out.find(mark);
    if (output.code != 0 || at == std::string::npos) return output.err;
    return output.out.substr(at + mark.size(), 16);
  }

  lab::Program program_{KVERN_BINARY};
};

}  // namespace

TEST_P(Scenarios, AreWhatTheyWere) {
  const std::string file = std::string(KVERN_ROOT "/scenarios/") + GetParam().scenario + ".toml";
  const std::string expected = GetParam().fingerprint;
  EXPECT_EQ(fingerprint(file, {}), expected);
  EXPECT_EQ(fingerprint(file, {"--stepwise"}), expected);
  EXPECT_EQ(fingerprint(file, {"--audit"}), expected);  // its law 3 holds, or it exits with 70
  EXPECT_EQ(fingerprint(file, {"--set", "timeline=plain"}), expected);
  for (const auto& run : std::filesystem::directory_iterator(program_.folder() / "out")) {
    const std::string copy =
        program_.write("resolved.toml", lab::text_of(run.path() / "scenario.resolved.toml"));
    EXPECT_EQ(fingerprint(copy, {}), expected) << run.path();
  }
}

INSTANTIATE_TEST_SUITE_P(All, Scenarios,
                         testing::Values(Golden{"first_run", "c2d77f501060c675", ""},
                                         Golden{"azure_conversation", "a89f7b90b0384008",
                                                "traces/azure2023/AzureLLMInferenceTrace_conv.csv"},
                                         Golden{"mooncake_conversation", "e509d1a0a91e06e7",
                                                "traces/mooncake/conversation_trace.jsonl.gz"}),
                         [](const auto& each) { return std::string(each.param.scenario); });

}  // namespace kvern
