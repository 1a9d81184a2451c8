#include "scenarios/program/read/set_value.h"

#include <gtest/gtest.h>

#include "scenarios/program/read/toml_reader.h"
#include "scenarios/program/run/sweep.h"
#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

Config two_pools() {
  Issues issues;
  return *read_toml_text(
      "seed = 1\n[[pool]]\nname = \"a\"\nbatching = \"vllm_v1(max_num_seqs=8)\"\n[[pool]]\n"
      "name = \"b\"\n[pool.kv]\nblocks = 5\n",
      "a.toml", issues);
}

// The tree after `--set setting`, and the issues.
std::pair<std::string, std::string> after(const std::string& setting) {
  Config root = two_pools();
  Issues issues;
  if (const auto parsed = parse_setting(setting, "--set", issues)) {
    set_value(root, parsed->path, parsed->value, issues);
  }
  return {toml_text(root), issues.text()};
}

}  // namespace

TEST(SetValue, OnePoolOrEveryPool) {
  EXPECT_EQ(after("pool.1.kv.blocks=7").first,
            "{ seed = 1, pool = [{ name = \"a\", batching = \"vllm_v1(max_num_seqs=8)\" }, "
            "{ name = \"b\", kv = { blocks = 7 } }] }");
  EXPECT_EQ(after("pool.kv.blocks=7").first,
            "{ seed = 1, pool = [{ name = \"a\", batching = \"vllm_v1(max_num_seqs=8)\", "
            "kv = { blocks = 7 } }, { name = \"b\", kv = { blocks = 7 } }] }");
}

TEST(SetValue, ReachesIntoAPolicyWrittenInOneLine) {
  EXPECT_NE(after("pool.0.batching.max_num_seqs=4")
                .first.find("batching = { policy = \"vllm_v1\", max_num_seqs = 4 }"),
            std::string::npos);
}

TEST(SetValue, ValuesAreTomlElseText) {
  EXPECT_NE(after("stop=1 h").first.find("stop = \"1 h\""), std::string::npos);
  EXPECT_NE(after("slo.ttft=\"5 ms\"").first.find("slo = { ttft = \"5 ms\" }"), std::string::npos);
}

TEST(SetValue, PathsThatLeadNowhere) {
  EXPECT_EQ(after("pool.2.name=c").second,
            "--set pool.2.name=c: error: there is no \"pool.2\"; \"pool\" has 2 entries, counted "
            "from 0\n");
  EXPECT_EQ(after("seed.x=1").second, "--set seed.x=1: error: \"seed\" is not a table\n");
  EXPECT_EQ(after("seed").second,
            "--set seed: error: expected PATH=VALUE; as in pool.0.kv.blocks=2000\n");
  EXPECT_EQ(after("pool..x=1").second,
            "--set pool..x=1: error: \"pool..x\" is not the path of a key\n");
}

TEST(Comparison, CommasInParenthesesDoNotSplit) {
  Issues issues;
  const auto comparison =
      parse_comparison("pool.kv.eviction=lru,ttl(lru, after=10 min),[1,2],\"a,b\"", issues);
  ASSERT_TRUE(comparison.has_value()) << issues.text();
  std::vector<std::string> values;
  for (const Config& value : comparison->values) values.push_back(toml_text(value));
  EXPECT_EQ(values, (std::vector<std::string>{"\"lru\"", "\"ttl(lru, after=10 min)\"", "[1, 2]",
                                              "\"a,b\""}));
}

TEST(Sweep, IsCrossedWithTheFirstKeySlowest) {
  Issues issues;
  const auto seeds = parse_comparison("seed=1,2", issues);
  const auto blocks = parse_comparison("pool.kv.blocks=10,20", issues);
  std::vector<SweepSpec> sweeps(2);
  sweeps[0].key = seeds->path;
  sweeps[0].values = seeds->values;
  sweeps[1].key = blocks->path;
  sweeps[1].values = blocks->values;
  const auto points = sweep_points(two_pools(), sweeps, issues);
  std::vector<std::string> labels;
  for (const SweepPoint& point : points) labels.push_back(point.label());
  EXPECT_EQ(labels,
            (std::vector<std::string>{"seed=1, pool.kv.blocks=10", "seed=1, pool.kv.blocks=20",
                                      "seed=2, pool.kv.blocks=10", "seed=2, pool.kv.blocks=20"}));
  EXPECT_EQ(points[3].root.find("seed")->integer, 2);
  EXPECT_EQ(point_json(points[3]), "{\"seed\": 2, \"pool.kv.blocks\": 20}");
}

}  // namespace kvern
