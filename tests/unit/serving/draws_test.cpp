// The scenario's seed reaches every policy that draws, and replicas draw apart.
#include <gtest/gtest.h>

#include "tests/lab/serving_lab.h"

namespace kvern {
namespace {

// Each prompt is asked for twice at once, so that round_robin gives both replicas the same work;
// they have room for five. Every third prompt is one of those before it.
lab::Lab twins() {
  lab::Lab lab;
  lab.replicas = 2;
  lab.routing = "round_robin";
  lab.prefix_cache = true;
  lab.blocks = 10;
  for (std::uint32_t i = 0; i < 80; ++i) {
    lab::LabRequest request;
    request.arrival = i / 2 * 100 * kMillisecond;
    request.prompt = 32;
    const std::uint32_t prompt = i / 2 % 3 == 2 ? i / 2 - 2 : i / 2;
    request.blocks = {prompt * 2, prompt * 2 + 1};
    lab.requests.push_back(request);
  }
  return lab;
}

std::vector<std::uint32_t> victims(const lab::Lab& lab, std::uint16_t replica) {
  std::vector<std::uint32_t> blocks;
  const auto outcome = run(lab);
  for (const EvictionRow& row : outcome->evictions) {
    if (row.replica == replica) blocks.push_back(row.block);
  }
  EXPECT_GT(blocks.size(), 20U);
  return blocks;
}

}  // namespace

TEST(Draws, TheScenariosSeedReachesTheEviction) {
  for (const char* policy :
       {"random", "hyperbolic(samples=2)", "lecar", "ttl(random)", "per_tenant_quota(random)"}) {
    lab::Lab lab = twins();
    lab.eviction = policy;
    const auto usual = victims(lab, 0);
    EXPECT_EQ(victims(lab, 0), usual) << policy;
    lab.seed = 2;
    EXPECT_NE(victims(lab, 0), usual) << policy;
  }
}

TEST(Draws, ReplicasDrawApart) {
  lab::Lab lab = twins();
  EXPECT_EQ(victims(lab, 0), victims(lab, 1));  // the same work
  lab.eviction = "random";
  EXPECT_NE(victims(lab, 0), victims(lab, 1));
}

TEST(Draws, TheScenariosSeedReachesTheAdmission) {
  lab::Lab lab = twins();
  lab.cache_admission = "probability";
  const std::string usual = text(*run(lab), false);
  lab.seed = 2;
  EXPECT_NE(text(*run(lab), false), usual);
}

TEST(Draws, TheScenariosSeedReachesLowerTiers) {
  lab::Lab lab = twins();
  lab.tiers.emplace_back().blocks = 6;
  lab.tiers.front().eviction = "random";
  const std::string usual = text(*run(lab), false);
  lab.seed = 2;
  EXPECT_NE(text(*run(lab), false), usual);
}

}  // namespace kvern
