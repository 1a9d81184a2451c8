// Law: the fused and the step-by-step run leave the same records, to the last bit.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {

TEST(Fusion, EqualsSteppingOnRandomSmallScenarios) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Lab lab = random_lab(seed);
    lab.stepwise = true;
    const std::string stepwise = text(*run(lab), false);
    lab.stepwise = false;
    ASSERT_EQ(stepwise, text(*run(lab), false)) << describe(lab) << " seed " << seed;
  }
}

TEST(Fusion, EqualsSteppingOverTiers) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Lab lab = random_tier_lab(seed);
    lab.stepwise = true;
    const std::string stepwise = text(*run(lab), false);
    lab.stepwise = false;
    ASSERT_EQ(stepwise, text(*run(lab), false)) << describe(lab) << " seed " << seed;
  }
}

// A cache that never fills is dense attention, whatever the policy.
TEST(Fusion, ATokenPolicyWithRoomForAllChangesNothing) {
  const std::vector<std::string> policies = {"full",
                                             "window(size=100000)",
                                             "streaming_llm(sinks=4, recent=100000)",
                                             "h2o(heavy=50000, recent=50000)",
                                             "h2o(heavy=50000, recent=50000, variant=A)",
                                             "buzz(threshold=100000)",
                                             "scissorhands(size=100000)",
                                             "tova(size=100000)",
                                             "keyformer(size=100000)",
                                             "l2_norm(size=100000)",
                                             "random(size=100000)",
                                             "segmented_heavy_hitter(recent=50000, heavy=50000)",
                                             "nacl(budget=1)",
                                             "snapkv(budget=1)",
                                             "pyramidkv(capacity=100000)",
                                             "observed_attention(budget=1)",
                                             "expected_attention(budget=1)",
                                             "keydiff(budget=1)",
                                             "lagkv(budget=1)",
                                             "quest(pages=100000)",
                                             "loki(keys=1)",
                                             "duo(sinks=0, recent=100000)"};
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Lab lab = random_lab(seed);
    if (lab.prefix_cache) continue;
    lab.token_eviction.clear();
    // Loki's reads are no line, so the lab's power cannot say whose joules they are.
    lab.joules = policies[seed % policies.size()] != "loki(keys=1)";
    const std::string dense = text(*run(lab), false);
    lab.layers = 3;
    lab.kv_heads = 2;
    lab.token_eviction = policies[seed % policies.size()];
    EXPECT_EQ(dense, text(*run(lab), false)) << lab.token_eviction << describe(lab) << seed;
  }
}

TEST(Fusion, StepRowsChangeNothing) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Lab lab = random_lab(seed);
    const std::string fused = text(*run(lab), false);
    lab.step_rows = true;
    ASSERT_EQ(fused, text(*run(lab), false)) << describe(lab) << " seed " << seed;
  }
}

}  // namespace kvern::lab
