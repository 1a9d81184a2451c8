// `kvern attention --model` and scenarios with [attention], on a tiny model with random weights and
// a recording that holds tokens only.
#include <gmock/gmock.h>

#include <filesystem>

#include "scenarios/program/attention/attention_run.h"
#include "sim/base/io/hdf5/array_file.h"
#include "tests/lab/language_models.h"
#include "tests/lab/program.h"
#include "tests/lab/recordings.h"
#include "tests/roots.h"

namespace kvern {
namespace {

using testing::HasSubstr;
using testing::Not;

class ClosedAttention : public testing::Test {
 protected:
  ClosedAttention() {
    lab::write_weights(lab::random_weights(lab::tiny_shape(), 48, true, 5), weights_);
    ArrayWriter file(tokens_);
    for (std::int64_t n = 0; n < 2; ++n) {
      const std::string group = "/sequences/" + std::to_string(n);
      const auto ids = lab::random_tokens(160, 96, static_cast<std::uint64_t>(n) + 1);
      file.create(group + "/tokens", {160}, ArrayType::I32, "1", "");
      file.write_all<std::int32_t>(group + "/tokens", {160}, ids);
      file.set_attribute(group, "language", std::string(n == 0 ? "en" : "sw"));
      file.set_attribute(group, "prompt_tokens", std::int64_t{60});
    }
    file.close();
  }
  lab::Output attention(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"attention", tokens_, "--model", weights_});
    return program_.call(arguments);
  }

  lab::Program program_{KVERN_BINARY};
  std::string weights_ = (program_.folder() / "tiny.h5").string();
  std::string tokens_ = (program_.folder() / "tokens.h5").string();
};

TEST_F(ClosedAttention, RowsCarryQuality) {
  const lab::Output output =
      attention({"--policy", "full", "--policy", "h2o(budget=0.2)", "--json"});
  ASSERT_EQ(output.code, 0) << output.err;
  // 2 policies x 2 sequences x 2 layers x 2 KV heads.
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = output.out.find("\"policy\":", at)) != std::string::npos; ++at) {
    ++rows;
  }
  EXPECT_EQ(rows, 16U);
  for (const char* key : {"\"nll\":", "\"perplexity\":", "\"top1_agreement\":1,",
                          "\"kl\":", "\"overlap_mean\":1,", "\"persistence\":", "\"steps\":100,"}) {
    EXPECT_THAT(output.out, HasSubstr(key));
  }
}

// Losses by step average to those of the heads' rows and of the group "all"; one group of a policy
// is the worst, that whose loss grew most.
TEST_F(ClosedAttention, RowsByStepAndByGroup) {
  const std::vector<std::string> policy = {"--policy", "h2o(budget=0.2)", "--json", "--rows"};
  const auto rows = [&](const char* by) {
    std::vector<std::string> arguments = policy;
    arguments.emplace_back(by);
    return attention(arguments).out;
  };
  const std::string steps = rows("steps");
  ASSERT_EQ(lab::numbers_of(steps, "step").size(), 200U);
  EXPECT_EQ(lab::numbers_of(steps, "position")[99], 159);
  const std::vector<double> nll = lab::numbers_of(steps, "nll");
  ASSERT_EQ(nll.size(), 198U);  // nothing came after a text's last token
  double first = 0;
  double both = 0;
  for (std::size_t i = 0; i < nll.size(); ++i) {
    both += nll[i];
    if (i < 99) first += nll[i];
  }
  EXPECT_NEAR(lab::numbers_of(rows("heads"), "nll")[0], first / 99, 1e-9);
  const std::string groups = rows("groups");
  EXPECT_NEAR(lab::numbers_of(groups, "nll")[0], both / 198, 1e-9);
  EXPECT_EQ(lab::numbers_of(groups, "tokens")[0], 198);
  EXPECT_EQ(lab::numbers_of(groups, "steps")[0], 200);
  const std::vector<double> increase = lab::numbers_of(groups, "nll_increase_share");
  std::size_t most = 1;  // after "all"
  for (std::size_t i = 2; i < increase.size(); ++i) most = increase[i] > increase[most] ? i : most;
  std::size_t at = 0;
  for (std::size_t i = 0; i <= most; ++i) at = groups.find("\"worst\":", at) + 8;
  EXPECT_EQ(groups.find("true", at), at);
  EXPECT_EQ(groups.find("\"worst\":true", at), std::string::npos);
  EXPECT_THAT(groups, HasSubstr("\"kind\":\"language\",\"group\":\"sw\""));
}

TEST_F(ClosedAttention, TableProfileAndRetrieval) {
  const std::string profile = program_.folder() / "work.h5";
  const lab::Output output = attention(
      {"--policy", "full", "--policy", "window(budget=0.1)", "--retrieval", "--profile", profile});
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("worst group"));
  EXPECT_THAT(output.out, HasSubstr("needle"));
  const WorkProfile read = read_work_profile(profile);
  EXPECT_EQ(read.model, "tiny");
  EXPECT_TRUE(read.closed_loop);
  const QualityRow* all = find_quality(read, "window", 0.1);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->tokens, 2U * 99);
  EXPECT_GT(all->kl, 0);
  EXPECT_NE(find_quality(read, "full", 0, "retrieval", "key_value"), nullptr);
  EXPECT_NE(find_quality(read, "window", 0.1, "language", "sw"), nullptr);
  const auto work = find_work(read, "window", 0.1);
  ASSERT_EQ(work.size(), 2U);              // contexts to 128, and to 256
  EXPECT_EQ(work[0]->resident_tokens, 6);  // a tenth of the prompt
}

TEST_F(ClosedAttention, PoliciesLearnFromFiles) {
  const std::string gates = program_.write("gates.tsv", "0.9\t0.1\n0.8\t0.2\n");
  const std::string keys = program_.folder() / "keys.h5";
  lab::write_recording(keys, {lab::random_text({.tokens = 30, .layers = 2})});
  const std::string duo = "duo(heads=" + gates + ", sinks=4, recent=8)";
  const std::string loki = "loki(basis=" + keys + ", rank=4)";
  const lab::Output output = attention({"--policy", duo, "--policy", loki, "--json"});
  ASSERT_EQ(output.code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("\"resident_max\":12,"));   // heads of the gates .1 and .2
  EXPECT_THAT(output.out, HasSubstr("\"resident_max\":160,"));  // the others
  const std::string wrong = program_.write("wrong.tsv", "0.9 1.5\n0.8 x\n");
  const lab::Output errors =
      attention({"--policy", "duo(heads=" + wrong + ")", "--policy", "loki(basis=none.h5)"});
  EXPECT_EQ(errors.code, 2);
  EXPECT_THAT(errors.err, HasSubstr("wrong.tsv:1: a gate of 1.5 is not in 0 .. 1"));
  EXPECT_THAT(errors.err, HasSubstr("wrong.tsv:2: not a number"));
  EXPECT_THAT(errors.err, HasSubstr("none.h5: can't be read"));
}

TEST_F(ClosedAttention, UserErrors) {
  EXPECT_THAT(attention({"--policy", "full", "--form", "relu"}).err, HasSubstr("by softmax"));
  EXPECT_THAT(program_.call({"attention", tokens_, "--policy", "full"}).err,
              HasSubstr("tokens alone need the model"));
  EXPECT_THAT(program_.call({"attention", "--policy", "full"}).err, HasSubstr("nothing to replay"));
  const lab::Output absent =
      program_.call({"attention", tokens_, "--model", "no-such", "--policy", "full"});
  EXPECT_EQ(absent.code, 2);
  EXPECT_THAT(absent.err, HasSubstr("kvern models get no-such"));
}

TEST_F(ClosedAttention, AScenarioWritesItsProfile) {
  const std::string scenario = program_.write("small.toml", R"toml(
[attention]
model = ")toml" + weights_ + R"toml("
recording = "tokens.h5"
policies = ["full", "h2o", "window(size=9)"]
budgets = [0.1, 0.4]
profile = "copy.h5"
[[expect]]
metric = "nll"
value = 1
tolerance = "50 %"
where = { "attention.policy" = "h2o", "attention.budget" = 0.4 }
over = { "attention.policy" = "h2o", "attention.budget" = 0.1 }
)toml");
  const std::string out = program_.folder() / "out";
  const lab::Output output = program_.call({"run", scenario, "--out", out});
  ASSERT_EQ(output.code, 0) << output.err;
  // full and window(size=9) know no budget here: once each.
  EXPECT_THAT(output.out, HasSubstr("\nh2o "));
  EXPECT_THAT(output.out, HasSubstr("ok    nll (ratio)"));
  ASSERT_TRUE(std::filesystem::exists(program_.folder() / "copy.h5"));
  std::filesystem::path folder;
  for (const auto& entry : std::filesystem::directory_iterator(out)) folder = entry.path();
  for (const char* file : {"scenario.resolved.toml", "manifest.toml", "summary.json",
                           "work_profile.h5", "frontier.svg"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / file)) << file;
  }
  const lab::Output again = program_.call(
      {"run", (folder / "scenario.resolved.toml").string(), "--out", program_.folder() / "again"});
  EXPECT_EQ(again.out, output.out) << again.err;
  EXPECT_EQ(read_work_profile((folder / "work_profile.h5").string()).quality.size(),
            read_work_profile((program_.folder() / "copy.h5").string()).quality.size());
}

TEST_F(ClosedAttention, ScenarioErrorsAreToldTogether) {
  const std::string scenario = program_.write("wrong.toml", R"toml(
[attention]
model = "smollm2-135m"
polices = ["full"]
policies = ["h2o", "windov(size=3)"]
[[attention.text]]
file = "missing.txt"
[[expect]]
metric = "nill"
value = 1
[[pool]]
model = "x"
)toml");
  const lab::Output output = program_.call({"run", scenario});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("did you mean \"policies\"?"));
  EXPECT_THAT(output.err, HasSubstr("did you mean \"window\"?"));
  EXPECT_THAT(output.err, HasSubstr("there is no text"));
  EXPECT_THAT(output.err, HasSubstr("did you mean \"nll\"?"));
  EXPECT_THAT(output.err, HasSubstr("runs no cluster"));
  for (const char* option : {"--with-bound", "--audit", "--stepwise"}) {
    const lab::Output refused = program_.call({"run", scenario, option});
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr(std::string(option) + ": error: "));
  }
}

TEST(AttentionPolicies, BudgetsGoInAndOut) {
  const auto split = [](const char* text) {
    const PolicyName name = split_budget(text);
    return name.policy + "|" + std::to_string(name.budget).substr(0, 4);
  };
  EXPECT_EQ(split("h2o(budget=0.2)"), "h2o|0.20");
  EXPECT_EQ(split("h2o(variant=B, budget=20 %)"), "h2o(variant=B)|0.20");
  EXPECT_EQ(split("h2o(budget=0.2, variant=B)"), "h2o(variant=B)|0.20");
  EXPECT_EQ(split("kv_quant(h2o(budget=0.5), bits=4)"), "kv_quant(h2o,bits=4)|0.50");
  EXPECT_EQ(split("window(size=6)"), "window(size=6)|0.00");
  EXPECT_EQ(with_budget("h2o", .2), "h2o(budget=0.2)");
  EXPECT_EQ(with_budget("h2o(variant=B)", .2), "h2o(budget=0.2, variant=B)");
  EXPECT_EQ(with_budget("kv_quant(h2o, bits=4)", .2), "kv_quant(h2o(budget=0.2), bits=4)");
  EXPECT_EQ(with_budget("h2o()", .2), "h2o(budget=0.2)");
  EXPECT_EQ(with_budget("kv_quant(h2o(), bits=4)", .2), "kv_quant(h2o(budget=0.2), bits=4)");
  EXPECT_EQ(with_budget("kv_quant(bits=4, h2o)", .2), "kv_quant(bits=4, h2o(budget=0.2))");
  EXPECT_EQ(split_budget("h2o()").policy, "h2o");
  EXPECT_EQ(with_budget("adakv(snapkv)", .2), "adakv(snapkv(budget=0.2))");
  EXPECT_EQ(with_budget("adakv(snapkv(window=8))", .2), "adakv(snapkv(budget=0.2, window=8))");
}

}  // namespace
}  // namespace kvern
