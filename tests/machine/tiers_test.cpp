// Memory tiers as their users meet them: what is refused, and runs whose transfers contend.
#include <gtest/gtest.h>

#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

constexpr const char* kPool = R"toml([workload]
arrivals = "poisson(rate=2 req/s)"
lengths = "constant(prompt=400, output=20)"
prefixes = "sessions(turns=geometric(mean=6), think=exponential(mean=3 s))"
requests = 300
[[pool]]
hardware = "h100_sxm"
model = "llama-3.1-8b"
[pool.kv]
blocks = 400
)toml";

constexpr const char* kTier = R"toml([[pool.kv.tier]]
name = "store"
capacity = "64 GiB"
bandwidth = "2 GB/s"
latency = "1 ms"
fetch = "always"
)toml";

class Tiers : public testing::Test {
 protected:
  // The fingerprint of a run, or what went wrong.
  std::string fingerprint(const std::vector<std::string>& more) const {
    const std::string file = program_.write("tiers.toml", std::string(kPool) + kTier);
    const lab::Output output = program_.run(file, more);
    const std::size_t at = output.out.find("fingerprint ");
    if (output.code != 0 || at == std::string::npos) return output.err;
    return output.out.substr(at + 12, 16);
  }
  void expect_refused(const std::string& text, const std::vector<std::string>& more,
                      const std::string& why) const {
    const lab::Output output = program_.run(program_.write("tiers.toml", text), more);
    EXPECT_EQ(output.code, 2) << output.out;
    EXPECT_NE(output.err.find(why), std::string::npos) << output.err;
  }

  lab::Program program_{KVERN_BINARY};
};

}  // namespace

// Several requests fetch at once and share the link: SimGrid makes them wait, the plain timeline
// does not know. Step by step the same.
TEST_F(Tiers, FetchesShareTheirLink) {
  const std::string shared = fingerprint({});
  EXPECT_EQ(fingerprint({"--stepwise"}), shared);
  EXPECT_NE(fingerprint({"--set", "timeline=plain"}), shared);
}

// Writes to a tier go one at a time: where nobody fetches, nothing contends.
TEST_F(Tiers, TimelinesAgreeWhereNothingContends) {
  const std::vector<std::string> never = {"--set", "pool.kv.tier.fetch=never"};
  std::vector<std::string> plain = never;
  plain.insert(plain.end(), {"--set", "timeline=plain"});
  const std::string shared = fingerprint(never);
  EXPECT_EQ(shared.size(), 16U) << shared;
  EXPECT_EQ(fingerprint(plain), shared);
}

TEST_F(Tiers, AStopMayCutTransfersShort) {
  const std::vector<std::string> stop = {"--set", "stop=31 s", "--set",
                                         "pool.kv.tier.bandwidth=20 MB/s"};
  const std::string stopped = fingerprint(stop);
  EXPECT_EQ(stopped.size(), 16U) << stopped;
}

TEST_F(Tiers, WhatCannotBeIsRefused) {
  const std::string pool = kPool;
  const std::string tier = kTier;
  expect_refused(pool + "prefix_cache = false\n" + tier, {},
                 "tiers.toml:12:1: error: tiers hold cached blocks, and there are none");
  expect_refused(pool + tier + tier, {}, "two tiers have the name \"store\"");
  expect_refused(pool + tier, {"--set", "pool.kv.tier.capacity=1 MiB"},
                 "tier \"store\" holds 0 blocks of 2097152 bytes");
  expect_refused(pool + tier, {"--set", "pool.kv.tier.eviction=infinite"},
                 "a replica's memory is not infinite");
  expect_refused(pool + tier,
                 {"--set", "pool.kv.tier.fetch=min_energy", "--set",
                  "pool.step_cost=affine(a=5 ms, b=8 us, c=12 us, d=47 ns)"},
                 "its fetch policy weighs joules, which are unknown here");
  expect_refused(pool + tier, {"--save-cache", (program_.folder() / "cache.h5").string()},
                 "a cache with tiers can't be saved or loaded");
}

}  // namespace kvern
