// Conversations as their users meet them: what a request generated is found by the next turn, turns
// wait for answers, and any trace can stand in for a scenario's own workload.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/program.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string case_fixture(const std::string& name) {
  return KVERN_ROOT "/tests/fixtures/cases/" + name;
}

class Turns : public testing::Test {
 protected:
  // A value of the summary, or -1 and what went wrong.
  double value(const std::string& scenario, const std::string& name,
               std::vector<std::string> more = {}) const {
    more.emplace_back("--json");
    const lab::Output output = program_.run(scenario, more);
    EXPECT_EQ(output.code, 0) << output.err;
    const auto values = lab::numbers_of(output.out, name);
    return values.empty() ? -1 : values.front();
  }
  // Tokens found by the requests of a trace whose steps last 1 ms each, in blocks of 16.
  double cached(const std::string& trace, std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--trace", case_fixture(trace), "--set", "pool.0.kv.blocks=1000"});
    const double fused = value(case_fixture("base.toml"), "tokens_cached", more);
    more.emplace_back("--stepwise");
    EXPECT_EQ(value(case_fixture("base.toml"), "tokens_cached", more), fused);
    return fused;
  }

  lab::Program program_{KVERN_BINARY};
};

}  // namespace

// Turn 1 computes 100 + 49 tokens: 14 blocks of 10.
TEST_F(Turns, AGeneratedAnswerIsFoundByTheNextTurn) {
  const std::string file = case_fixture("mt.toml");
  EXPECT_EQ(value(file, "tokens_cached"), 140);
  EXPECT_EQ(value(file, "tokens_cached", {"--stepwise"}), 140);
  EXPECT_EQ(value(file, "tokens_cached", {"--set", "workload.answers=private"}), 100);
  EXPECT_EQ(value(file, "tokens_cached", {"--set", "workload.answers=reused"}), 140);
  EXPECT_EQ(value(file, "tokens_cached", {"--set", "workload.answers=1.0"}), 140);
}

// 37 + 65 + 93 + 121 blocks of 16 of a session's 5,500 tokens of prompt.
TEST_F(Turns, ChatFindsWhatARealEngineFinds) {
  const std::string file = case_fixture("chat.toml");
  const double reused = value(file, "prefix_hit_ratio");
  EXPECT_NEAR(reused, 5056.0 / 5500, 0.002);
  const double none = value(file, "prefix_hit_ratio", {"--set", "workload.answers=private"});
  const double half = value(file, "prefix_hit_ratio", {"--set", "workload.answers=50 %"});
  EXPECT_NEAR(none, 0.626, 0.002);
  EXPECT_NEAR(half, (none + reused) / 2, 0.02);
}

TEST_F(Turns, ATraceWhoseTurnsChainNamesItsAnswers) {
  EXPECT_EQ(cached("m_turns.jsonl"), 96);  // 64 + 32 computed
  EXPECT_EQ(cached("m_turns.jsonl", {"--set", "workload.answers=private"}), 64);
  EXPECT_EQ(cached("m_beyond.jsonl"), 96);
}

// The same prompts and answers by blocks of 4, 8 and 64: names go by content.
TEST_F(Turns, AnswersKeepTheirNamesInOtherBlocks) {
  for (const auto& [size, found] : {std::pair("4", 96), std::pair("8", 96), std::pair("64", 64)}) {
    EXPECT_EQ(cached("m_turns.jsonl", {"--set", std::string("pool.0.kv.block_size=") + size}),
              found);
  }
}

// Without block names the additions say it all: 4,190 + 591 computed, in blocks of 16.
TEST_F(Turns, AdditionsChainWithoutNames) {
  EXPECT_EQ(cached("p2_delta.jsonl"), 4781 / 16 * 16);
  EXPECT_EQ(cached("p2_delta.jsonl", {"--set", "workload.answers=private"}), 4190 / 16 * 16);
}

TEST_F(Turns, AClosedLoopWaitsForTheAnswerBefore) {
  // The second turn comes at 1 ms and waits for the first one's answer.
  const std::string file = case_fixture("two_turns.toml");
  const double together = value(file, "duration_s", {"--set", "workload.loop=open"});
  EXPECT_GT(value(file, "duration_s"), 1.9 * together);
  const std::string nobody = program_.write("alone.csv", "t,prompt_tokens,output_tokens\n0,9,9\n");
  const lab::Output output = program_.run(
      file,
      {"--trace", nobody, "--set", "workload.import={time=\"t\"}", "--set", "workload.format=csv"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("nothing in this trace waits for an answer"));
}

// Two users with three requests each of 10 steps of 1 ms.
TEST_F(Turns, UsersHaveOneRequestAtATime) {
  const std::string users = program_.write("users.toml", R"toml([workload]
arrivals = "users(count=2, think=constant(value=0 s))"
lengths = "constant(prompt=16, output=10)"
requests = 6
[[pool]]
step_cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)"
[pool.kv]
blocks = 100
)toml");
  EXPECT_DOUBLE_EQ(value(users, "duration_s"), 0.03);
  EXPECT_DOUBLE_EQ(value(users, "batch_sequences_mean"), 2);
  EXPECT_DOUBLE_EQ(value(users, "duration_s", {"--set", "workload.arrivals=users(count=1)"}), 0.06);
  EXPECT_DOUBLE_EQ(value(users, "duration_s",
                         {"--set", "workload.arrivals=users(count=2, think=constant(value=5 ms))"}),
                   0.04);
  EXPECT_EQ(value(case_fixture("conc_gen.toml"), "requests_finished"), 6);
}

// Nobody is served, nobody thinks, nothing ends it but the clock.
TEST_F(Turns, UsersWhoAreRefusedComeBackLater) {
  const std::string users = program_.write("refused.toml", R"toml(stop = "1 s"
[workload]
arrivals = "users(count=3)"
lengths = "constant(prompt=1600, output=10)"
[[pool]]
step_cost = "affine(a=1 ms, b=0 ns, c=0 ns, d=0 ns)"
[pool.kv]
blocks = 10
)toml");
  const double rejected = value(users, "requests_rejected");
  EXPECT_GT(rejected, 3);
  EXPECT_LE(rejected, 6012);
}

TEST_F(Turns, AnyScenarioTakesATrace) {
  const std::string trace = case_fixture("conc.jsonl");
  const std::string scenario = KVERN_ROOT "/scenarios/first_run.toml";
  const lab::Output output = program_.run(scenario, {"--trace", trace, "--json"});
  EXPECT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(lab::numbers_of(output.out, "requests_finished"), testing::Contains(6));
  EXPECT_THAT(output.err, HasSubstr("the trace replaces these keys of [workload]: arrivals"));
  const lab::Output swept = program_.run(
      scenario, {"--trace", trace, "--compare", "workload.arrivals.rate=1 req/s,2 req/s"});
  EXPECT_EQ(swept.code, 2);
  EXPECT_THAT(swept.err, HasSubstr("this varies \"workload.arrivals.rate\", which --trace"));
  const lab::Output both = program_.run(
      scenario, {"--trace", trace, "--set", "workload.lengths=constant(prompt=1, output=1)"});
  EXPECT_EQ(both.code, 2);
  EXPECT_THAT(both.err, HasSubstr("lengths does not go with a trace"));
}

TEST_F(Turns, AnswersNeedTurns) {
  const std::string file = KVERN_ROOT "/scenarios/first_run.toml";
  const lab::Output output = program_.run(file, {"--set", "workload.answers=private"});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("these prefixes have no turns"));
  const lab::Output bad = program_.run(case_fixture("mt.toml"), {"--set", "workload.answers=all"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("answers = \"all\" is neither \"reused\" nor \"private\""));
}

}  // namespace kvern
