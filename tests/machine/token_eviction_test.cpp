// Token policies from the command line: a serving run holds what they keep, and prints the quality
// of a work profile beside latency and joules.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/base/exact_math.h"
#include "sim/work_profile.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

constexpr const char* kSmall = R"toml(name = "small"
[workload]
arrivals = "poisson(rate=12 req/s)"
lengths = "azure2023_conversation"
requests = 200
[[pool]]
hardware = "h100_sxm"
model = "llama-3.1-8b"
[pool.kv]
blocks = 400
prefix_cache = false
)toml";

class TokenEvictionRuns : public testing::Test {
 protected:
  lab::Output run(const std::string& keys, const std::vector<std::string>& more) {
    return program_.run(program_.write("small.toml", kSmall + keys), more);
  }
  std::string fingerprint(const std::string& keys, const std::vector<std::string>& more = {}) {
    const lab::Output output = run(keys, more);
    const std::size_t at = output.out.find("fingerprint ");
    return at == std::string::npos ? output.err : output.out.substr(at + 12, 16);
  }
  // ln 20 is the loss of dense attention, h2o at a fifth of the prompt adds a tenth.
  void write_profile() {
    WorkProfile profile;
    profile.model = "tiny-lm";
    profile.layers = profile.heads = profile.kv_heads = profile.head_dim = 1;
    for (const auto& [policy, budget, share] :
         {std::tuple("full", 0.0, 0.0), std::tuple("h2o", 0.2, 0.1)}) {
      QualityRow row;
      row.policy = policy;
      row.budget = budget;
      row.kind = row.group = "all";
      row.nll_dense = exact::log(20.0);
      row.nll = row.nll_dense * (1 + share);
      profile.quality.push_back(row);
      row.kind = "language";
      row.group = "sw";
      row.increase_share = 2 * share;
      profile.quality.push_back(row);
    }
    write_work_profile(profile, (program_.folder() / "measured.h5").string());
  }

  // Texts of 512 tokens after a prompt of 320: contexts of 416.5 in the mean, of which the policy
  // holds `kept` of the prompt and all that came later, at `bytes` of full width.
  void write_counts(const std::string& policy, double budget, double kept, double bytes) {
    WorkProfile profile;
    profile.model = "tiny-lm";
    profile.layers = profile.heads = profile.kv_heads = 1;
    profile.head_dim = 64;
    for (const bool full : {true, false}) {
      WorkRow row;
      row.policy = full ? "full" : policy;
      row.budget = full ? 0 : budget;
      row.domain = "all";
      row.prompt_tokens = 320;
      row.context_first = 257;
      row.context_last = 512;
      row.steps = 192;
      row.resident_tokens = full ? 416.5 : kept + 96.5;
      row.read_tokens = row.resident_tokens;
      row.kv_bytes_read = row.read_tokens * 2 * 64 * 2 * (full ? 1 : bytes);
      profile.work.push_back(row);
      QualityRow quality;
      quality.policy = row.policy;
      quality.budget = row.budget;
      quality.kind = quality.group = "all";
      quality.nll = quality.nll_dense = 1;
      profile.quality.push_back(quality);
    }
    write_work_profile(profile, (program_.folder() / "measured.h5").string());
  }

  lab::Program program_{KVERN_BINARY};
};

TEST_F(TokenEvictionRuns, FullIsTheRunWithoutOne) {
  const std::string dense = fingerprint("");
  EXPECT_EQ(dense.size(), 16U) << dense;
  EXPECT_EQ(fingerprint("token_eviction = \"full\"\nbudget = 0.2\n"), dense);
  EXPECT_EQ(fingerprint("token_eviction = \"streaming_llm(recent=100000)\"\n"), dense);
  EXPECT_EQ(fingerprint("token_eviction = \"snapkv(budget=1)\"\n"), dense);
  const std::string evicting = fingerprint("token_eviction = \"h2o\"\nbudget = 0.2\n");
  EXPECT_NE(evicting, dense);
  EXPECT_EQ(fingerprint("token_eviction = \"h2o\"\nbudget = 0.2\n", {"--stepwise"}), evicting);
  EXPECT_EQ(fingerprint("token_eviction = \"h2o\"\nbudget = 0.2\n", {"--audit"}), evicting);
}

// exp(1.1 ln 20) = 26.99
TEST_F(TokenEvictionRuns, QualityComesFromTheProfile) {
  write_profile();
  const std::string keys =
      "token_eviction = \"h2o\"\nbudget = 0.2\nwork_profile = \"measured.h5\"\n";
  const lab::Output json = run(keys, {"--json"});
  ASSERT_EQ(json.code, 0) << json.err;
  EXPECT_NE(json.out.find("\"perplexity\": 26.98"), std::string::npos) << json.out;
  EXPECT_NE(json.out.find("\"worst_group_nll_increase_share\": 0.2"), std::string::npos);
  EXPECT_NE(json.out.find("\"quality_model\": \"tiny-lm\""), std::string::npos);
  EXPECT_NE(run(keys, {}).out.find("quality as measured on tiny-lm: perplexity 27.0, worst group's "
                                   "loss +20.0 %\n"),
            std::string::npos)
      << run(keys, {}).out;
  // Law 8, with the profile found from another folder.
  for (const auto& made : std::filesystem::directory_iterator(program_.folder() / "out")) {
    const std::string resolved = (made.path() / "scenario.resolved.toml").string();
    EXPECT_EQ(program_.run(resolved, {"--json"}).out, json.out);
  }
}

TEST_F(TokenEvictionRuns, OneTableOfPolicies) {
  write_profile();
  const lab::Output table =
      run("token_eviction = \"h2o\"\nbudget = 0.2\nwork_profile = \"measured.h5\"\n",
          {"--compare", "pool.kv.token_eviction=full,h2o,tova"});
  ASSERT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("perplexity  worst +%"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("measured on tiny-lm\n"), std::string::npos);
  EXPECT_NE(table.err.find("knows no quality of tova() at budget 0.2"), std::string::npos)
      << table.err;
}

TEST_F(TokenEvictionRuns, WhatAServingRunCannotKnowIsRefused) {
  const lab::Output adakv = run("token_eviction = \"adakv(snapkv(budget=0.2))\"\n", {});
  EXPECT_EQ(adakv.code, 2);
  EXPECT_NE(adakv.err.find("how much it keeps depends on the data"), std::string::npos)
      << adakv.err;
  EXPECT_NE(adakv.err.find("name a work_profile that has them"), std::string::npos) << adakv.err;
  const lab::Output bits = run("token_eviction = \"kv_quant(window(size=500))\"\n", {});
  EXPECT_EQ(bits.code, 2);
  EXPECT_NE(bits.err.find("other bytes than those of whole tokens"), std::string::npos) << bits.err;
  write_profile();
  const std::string profile = "work_profile = \"measured.h5\"\n";
  const lab::Output lacks = run("token_eviction = \"adakv(snapkv)\"\nbudget = 0.2\n" + profile, {});
  EXPECT_EQ(lacks.code, 2);
  EXPECT_NE(lacks.err.find("has no counts of it at budget 0.2"), std::string::npos) << lacks.err;
  // A capacity in tokens says nothing of other prompts, whatever was counted.
  write_counts("adakv(snapkv(capacity=64))", 0, 64, 1);
  const lab::Output tokens = run("token_eviction = \"adakv(snapkv(capacity=64))\"\n" + profile, {});
  EXPECT_EQ(tokens.code, 2);
  EXPECT_NE(tokens.err.find("give it a budget"), std::string::npos) << tokens.err;
}

// Counts of the work profile in place of sizes that depend on data: adakv with a share of .2 kept
// is snapkv at that budget, block for block; keys and values of half the bytes are half the tokens.
TEST_F(TokenEvictionRuns, MeasuredCountsStandForSizesThatDependOnData) {
  const std::string profile = "budget = 0.2\nwork_profile = \"measured.h5\"\n";
  write_counts("adakv(snapkv)", .2, 64, 1);
  const std::string snapkv = fingerprint("token_eviction = \"snapkv\"\nbudget = 0.2\n");
  const std::string adakv = fingerprint("token_eviction = \"adakv(snapkv)\"\n" + profile);
  EXPECT_EQ(adakv.size(), 16U) << adakv;
  EXPECT_EQ(adakv, fingerprint("token_eviction = \"adakv(snapkv)\"\n" + profile, {"--stepwise"}));
  EXPECT_EQ(fingerprint("token_eviction = \"adakv(snapkv(budget=0.2))\"\n"
                        "work_profile = \"measured.h5\"\n"),
            adakv);
  EXPECT_NE(adakv, snapkv);  // a fifth rounds differently, head by head
  write_counts("kv_quant(full,bits=8)", 0, 320, .5);
  const std::string few =
      fingerprint("token_eviction = \"kv_quant(full)\"\nwork_profile = \"measured.h5\"\n");
  EXPECT_EQ(few.size(), 16U) << few;
  EXPECT_NE(few, fingerprint(""));
}

// The profile's texts reach 512 tokens, the prompts of Azure's conversations some thousands.
TEST_F(TokenEvictionRuns, PromptsBeyondTheMeasuredTextsAreSaid) {
  write_counts("h2o", .2, 64, 1);
  const std::string keys =
      "token_eviction = \"h2o\"\nbudget = 0.2\nwork_profile = \"measured.h5\"\n";
  const lab::Output said = run(keys, {});
  ASSERT_EQ(said.code, 0) << said.err;
  const std::string sentence =
      "was measured on texts of at most 512 tokens, and prompts of this run";
  EXPECT_NE(said.err.find(sentence), std::string::npos) << said.err;
  for (const auto& made : std::filesystem::directory_iterator(program_.folder() / "out")) {
    EXPECT_NE(lab::text_of(made.path() / "manifest.toml").find(sentence), std::string::npos);
  }
  const lab::Output short_ones =
      run(keys, {"--set", "workload.lengths=constant(prompt=100, output=9)"});
  EXPECT_EQ(short_ones.code, 0) << short_ones.err;
  EXPECT_EQ(short_ones.err.find("was measured on texts"), std::string::npos) << short_ones.err;
}

TEST_F(TokenEvictionRuns, AWrapperNamesThePolicyThatItLacks) {
  const lab::Output unknown = run("token_eviction = \"kv_quant(nosuch)\"\n", {});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("small.toml:12:"), std::string::npos) << unknown.err;
  EXPECT_NE(unknown.err.find("unknown token_eviction policy \"nosuch\""), std::string::npos);
  for (const char* wrapper : {"kv_quant", "adakv"}) {
    const lab::Output bare = run("token_eviction = \"" + std::string(wrapper) + "\"\n", {});
    EXPECT_EQ(bare.code, 2) << wrapper;
    EXPECT_NE(bare.err.find("small.toml:12:"), std::string::npos) << bare.err;
    EXPECT_NE(bare.err.find("wraps"), std::string::npos) << bare.err;
  }
}

}  // namespace
}  // namespace kvern
