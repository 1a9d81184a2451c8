// What a newcomer asks first, and what must not be overlooked in a run.
#include <gmock/gmock.h>

#include "tests/lab/program.h"

namespace kvern {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kScenario = R"toml([workload]
arrivals = "constant(rate=20 req/s)"
lengths = "constant(prompt=500, output=100)"
requests = 20
[[pool]]
hardware = "a6000"
model = "llama-3.1-8b"
[pool.kv]
prefix_cache = false
)toml";

TEST(FirstQuestions, DescribeListsBoardsAndModels) {
  const lab::Program program(KVERN_BINARY);
  const lab::Output boards = program.call({"describe", "hardware"});
  EXPECT_EQ(boards.code, 0) << boards.err;
  EXPECT_THAT(boards.out, HasSubstr("h100_sxm"));
  EXPECT_THAT(boards.out, HasSubstr("NVIDIA RTX A6000 48 GB"));
  const lab::Output models = program.call({"describe", "models"});
  EXPECT_THAT(models.out, HasSubstr("llama-3.1-8b             8.03 B"));
  const lab::Output one = program.call({"describe", "model", "meta-llama/Llama-3.1-8B-Instruct"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("llama-3.1-8b: Llama 3.1 8B\n"));
  EXPECT_THAT(one.out, HasSubstr("128.0 KiB of 16 bits"));
  EXPECT_THAT(program.call({"describe", "hardware", "rtx4090"}).out, HasSubstr("unknown"));
  const lab::Output none = program.call({"describe", "hardware", "A100"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("did you mean \"a100_40\" or \"a100_80\"?"));
}

TEST(FirstQuestions, AModelByItsHuggingFaceName) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write("hub.toml", kScenario);
  const lab::Output ours = program.run(file, {"--json"});
  const lab::Output hub =
      program.run(file, {"--json", "--set", "pool.model=meta-llama/Llama-3.1-8B-Instruct"});
  EXPECT_EQ(hub.code, 0) << hub.err;
  EXPECT_EQ(hub.out, ours.out);
}

TEST(FirstQuestions, WhatTheBoardCannotHoldIsRefused) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write("big.toml", kScenario);
  const std::vector<std::string> big = {"--set", "pool.model=llama-3.1-405b", "--set",
                                        "pool.kv.blocks=100"};
  const lab::Output weights = program.run(file, big);
  EXPECT_EQ(weights.code, 2);
  EXPECT_THAT(weights.err, HasSubstr("does not fit on one a6000: its weights take 756.0 GiB"));
  const lab::Output blocks = program.run(file, {"--set", "pool.kv.blocks=40000"});
  EXPECT_EQ(blocks.code, 2);
  EXPECT_THAT(blocks.err, HasSubstr("40000 blocks of 16 tokens do not fit"));
  std::vector<std::string> unlimited = big;
  unlimited.insert(unlimited.end(), {"--set", "pool.memory=unlimited"});
  EXPECT_EQ(program.run(file, unlimited).code, 0);
  const lab::Output uncounted = program.run(file, {"--set", "pool.memory=unlimited"});
  EXPECT_EQ(uncounted.code, 2);
  EXPECT_THAT(uncounted.err, HasSubstr("give [pool.kv] blocks"));
}

// Eight decodes drew 248 W under a cap of 129 W.
TEST(FirstQuestions, ACapThatNoClockHoldsIsRefused) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write("cap.toml", kScenario);
  const lab::Output capped = program.run(file, {"--set", "pool.power_cap=100 W"});
  EXPECT_EQ(capped.code, 2);
  EXPECT_THAT(capped.err, HasSubstr("is the least that can be asked for"));
}

TEST(FirstQuestions, RejectionsAndMissedObjectivesAreSaid) {
  const lab::Program program(KVERN_BINARY);
  const std::string file =
      program.write("slo.toml", std::string("[slo]\nttft = \"1 ms\"\n") + kScenario);
  const lab::Output slow = program.run(file, {});
  EXPECT_THAT(slow.err, HasSubstr("note: 20 of 20 requests (100.0 %) did not meet the SLO (first "
                                  "token within 1 ms)"));
  const std::string tight = program.write("tight.toml", kScenario);
  const lab::Output rejected = program.run(tight, {"--set", "pool.kv.blocks=20"});
  EXPECT_THAT(rejected.err, HasSubstr("note: 20 of 20 requests (100.0 %) were rejected"));
  EXPECT_THAT(program.run(tight, {}).err, Not(HasSubstr("note: ")));
}

// What an energy scenario asks for is in its table.
TEST(FirstQuestions, TheTableHasTheFiguresBeyondTheBoards) {
  const lab::Program program(KVERN_BINARY);
  const std::string file = program.write(
      "energy.toml",
      std::string(kScenario) + "[energy]\nhost = \"xeon_gold\"\npue = 1.2\ngrid = \"FRA\"\n");
  const lab::Output one = program.run(file, {});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_THAT(one.out, HasSubstr("beyond the boards"));
  EXPECT_THAT(one.out, HasSubstr("  carbon of use"));
  const lab::Output two = program.run(file, {"--compare", "energy.grid=FRA,POL"});
  EXPECT_THAT(two.out, HasSubstr("use gCO2e"));
  EXPECT_THAT(program.run(program.write("bare.toml", kScenario), {}).out,
              Not(HasSubstr("beyond the boards")));
}

}  // namespace
}  // namespace kvern
