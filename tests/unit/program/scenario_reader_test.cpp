#include "scenarios/program/read/scenario_reader.h"

#include <gtest/gtest.h>

#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/resolved.h"

namespace kvern {
namespace {

constexpr const char* kSmall = R"toml(
name = "small"
[workload]
arrivals = "poisson(rate=5.5 req/s)"
lengths = "azure2023_conversation"
requests = 10
[[pool]]
hardware = "h100_sxm"
model = "llama-3.1-8b"
)toml";

std::string issues_of(const std::string& text) {
  Issues issues;
  const auto root = read_toml_text(text, "a.toml", issues);
  EXPECT_TRUE(root.has_value()) << issues.text();
  if (root) read_scenario(*root, "a.toml", issues);
  return issues.text();
}

}  // namespace

// Every key of the design's example of one pool.
TEST(ScenarioReader, OnePool) {
  Issues issues;
  const auto root = read_toml_text(R"toml(
name = "chat_h100"
seed = 1
timeline = "plain"
stop = "1 h"
[workload]
arrivals = "poisson(rate=5.5 req/s)"
lengths = "azure2023_conversation"
prefixes = "system_prompts(count=50, skew=1, tokens=512)"
requests = 20000
max_tokens = "output"
[slo]
ttft = "500 ms"
tpot = "50 ms"
[router]
policy = "least_loaded"
admission = "always"
[[pool]]
name = "main"
hardware = "h100_sxm"
model = "llama-3.1-8b"
replicas = 2
step_cost = "roofline"
host_overhead = "affine(step=300 us, sequence=12.7 us, overlap=false)"
power_cap = "700 W"
[pool.batching]
policy = "vllm_v1"
max_num_seqs = 256
max_num_batched_tokens = 2048
max_model_len = 32768
chunked_prefill = true
reserve_full_isl = true
async_scheduling = false
preemption = "recompute"
[pool.kv]
blocks = 27000
block_size = 16
dtype = "bf16"
prefix_cache = true
eviction = "lru"
admission = "always"
[energy]
host = "xeon_platinum"
pue = 1.2
grid = "FRA"
attribution = "token_share"
[records]
requests = true
bucket = "1 s"
steps = false
evictions = "counts"
)toml",
                                   "a.toml", issues);
  ASSERT_TRUE(root.has_value()) << issues.text();
  const auto scenario = read_scenario(*root, "a.toml", issues);
  ASSERT_TRUE(scenario.has_value()) << issues.text();
  EXPECT_EQ(issues.text(), "");
  EXPECT_EQ(scenario->name, "chat_h100");
  EXPECT_FALSE(scenario->simgrid);
  EXPECT_EQ(scenario->stop, 3600 * kSecond);
  EXPECT_EQ(scenario->slo.ttft_ns, 500 * kMillisecond);
  ASSERT_EQ(scenario->pools.size(), 1U);
  const PoolSpec& pool = scenario->pools[0];
  EXPECT_EQ(pool.replicas, 2U);
  EXPECT_EQ(pool.kv.blocks, 27000U);
  EXPECT_TRUE(pool.kv.prefix_cache);
  EXPECT_EQ(pool.batching.path, "pool.0.batching");
  EXPECT_EQ(pool.power_cap_watts, 700);
}

TEST(ScenarioReader, AllErrorsAtOnce) {
  EXPECT_EQ(issues_of(R"toml(seed = "one"
stop = 5
[workload]
arrivals = "poisson(rate=5)"
lengths = "azure2023_conversation"
requests = 10
[slo]
tft = "500 ms"
[[pool]]
hardware = "h100"
model = "llama-3.1-8b"
[pool.kv]
blocs = 3
)toml"),
            "a.toml:1:8: error: seed = \"one\" is not a count; write a whole number without "
            "quotes\n"
            "a.toml:2:8: error: stop = 5 has no unit; write a duration like \"5 ms\"\n"
            "a.toml:4:26: error: rate = 5 has no unit; write a request rate like \"2 req/s\"\n"
            "a.toml:8:1: error: unknown key \"tft\" in [slo]; did you mean \"ttft\"?\n"
            "a.toml:10:12: error: there is no hardware \"h100\"; did you mean \"h100_sxm\"?\n"
            "a.toml:13:1: error: unknown key \"blocs\" in [pool.kv]; did you mean \"blocks\"?\n");
}

TEST(ScenarioReader, WhatIsNotBuiltYetIsRefusedWithAReason) {
  const std::string issues = issues_of(std::string(kSmall) + R"toml(
role = "prefill"
pipeline_parallel = 2
[pool.kv]
[[link]]
from = "a"
[guard]
limit = 1
[attention]
text = "x"
)toml");
  for (const char* expected :
       {"a.toml:11:8: error: role = \"prefill\" is not built yet",
        "\"pipeline_parallel\" in [[pool]] is not built yet", "[[link]] is not built yet",
        "[guard] is not built yet", "[attention] is not built yet"}) {
    EXPECT_NE(issues.find(expected), std::string::npos) << expected << "\nin\n" << issues;
  }
}

TEST(ScenarioReader, TokenPolicies) {
  const auto errors = [](const std::string& keys) {
    return issues_of(std::string(kSmall) + "[pool.kv]\n" + keys);
  };
  EXPECT_EQ(errors("prefix_cache = false\ntoken_eviction = \"h2o\"\nbudget = 0.2\n"), "");
  EXPECT_EQ(errors("prefix_cache = false\ntoken_eviction = \"full\"\nbudget = \"20 %\"\n"), "");
  EXPECT_EQ(
      errors("prefix_cache = true\ntoken_eviction = \"h2o(budget=0.2)\"\n"),
      "a.toml:12:18: error: token_eviction needs prefix_cache = false; blocks that lost tokens "
      "are no prefix of another request\n");
  EXPECT_EQ(errors("budget = 0.2\n"),
            "a.toml:11:10: error: there is no token_eviction to give it to\n");
  EXPECT_NE(errors("prefix_cache = false\ntoken_eviction = \"h2o(budget=0.3)\"\nbudget = 0.2\n")
                .find("the token policy has a budget of its own"),
            std::string::npos);
  EXPECT_NE(errors("prefix_cache = false\ntoken_eviction = \"per_step_oracle\"\nbudget = 0.2\n")
                .find("which no server knows"),
            std::string::npos);
  EXPECT_NE(errors("prefix_cache = false\ntoken_eviction = \"full\"\nwork_profile = \"x.h5\"\n")
                .find("there is no file"),
            std::string::npos);
}

TEST(ScenarioReader, ATraceAndAGeneratorDoNotMix) {
  EXPECT_EQ(issues_of("[workload]\ntrace = \"none.csv\"\ntenants = \"zipf\"\n[[pool]]\n"
                      "step_cost = \"affine\"\n"
                      "[pool.kv]\nblocks = 5\n"),
            "a.toml:2:9: error: there is no trace \"none.csv\"; give its path with --trace FILE\n"
            "a.toml:3:11: error: tenants does not go with a trace: it is a generator's; "
            "leave out one of the two\n");
}

// An end that max_tokens does not tell is seen a step late, and that step is not built.
TEST(ScenarioReader, AsyncSchedulingNeedsEndsByLength) {
  const std::string ahead = std::string(kSmall) + "batching = \"vllm_v1(async_scheduling=true)\"\n";
  EXPECT_EQ(issues_of(ahead), "");
  std::string declared = ahead;
  declared.replace(declared.find("requests = 10"), 13, "requests = 10\nmax_tokens = 4096");
  EXPECT_NE(issues_of(declared).find("runs a step too many, which is not built yet"),
            std::string::npos);
}

TEST(ScenarioReader, PrefixCacheIsOnWhereTheRuleHasOne) {
  Issues issues;
  for (const auto& [rule, cached] : {std::pair("vllm_v1", true), std::pair("vllm_v0", false)}) {
    const auto root =
        read_toml_text(std::string(kSmall) + "batching = \"" + rule + "\"\n", "a.toml", issues);
    const auto scenario = read_scenario(*root, "a.toml", issues);
    ASSERT_TRUE(scenario.has_value()) << issues.text();
    EXPECT_EQ(scenario->pools[0].kv.prefix_cache, cached) << rule;
  }
}

TEST(ScenarioReader, WeightsByTheirType) {
  // int4: 4 bits and a 16-bit scale for 128 of them
  for (const auto& [type, bytes] : {std::pair("bf16", 2.0), std::pair("fp16", 2.0),
                                    std::pair("fp8", 1.0), std::pair("int4", 0.515625)}) {
    Issues issues;
    const auto root =
        read_toml_text(std::string(kSmall) + "weights = \"" + type + "\"\n", "a.toml", issues);
    const auto scenario = read_scenario(*root, "a.toml", issues);
    ASSERT_TRUE(scenario.has_value()) << issues.text();
    EXPECT_EQ(scenario->pools[0].bytes_per_weight, bytes) << type;
  }
  EXPECT_NE(issues_of(std::string(kSmall) + "weights = \"int8\"\n").find("not built yet"),
            std::string::npos);
}

// Law 8 begins here: what was resolved reads as itself.
TEST(Resolved, ReadsBackAsItself) {
  Issues issues;
  const auto root = read_toml_text(std::string(kSmall) + R"toml(
[pool.batching]
max_num_seqs = 7
[[expect]]
metric = "ttft_ms_mean"
value = 1.2
tolerance = "15 %"
[[sweep]]
key = "seed"
values = [1, 2]
)toml",
                                   "a.toml", issues);
  const auto scenario = read_scenario(*root, "a.toml", issues);
  ASSERT_TRUE(scenario.has_value()) << issues.text();
  const std::string first = resolved_toml(scenario->book, false);
  const auto again = read_toml_text(first, "b.toml", issues);
  ASSERT_TRUE(again.has_value()) << issues.text() << first;
  const auto second = read_scenario(*again, "b.toml", issues);
  ASSERT_TRUE(second.has_value()) << issues.text() << first;
  EXPECT_EQ(resolved_toml(second->book, false), first);
  EXPECT_NE(first.find("max_num_seqs = 7\n"), std::string::npos) << first;
  EXPECT_NE(first.find("[[sweep]]\nkey = \"seed\"\nvalues = [1, 2]\n"), std::string::npos) << first;
  EXPECT_EQ(resolved_toml(scenario->book, true).find("[[sweep]]"), std::string::npos);
}

}  // namespace kvern
