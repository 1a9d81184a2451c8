// The shipped scenarios beside papers and validation: their claims hold, and every point of every
// sweep is what it was. A change of these numbers is a change of what Kvern says: say why in the
// commit.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/base/random.h"
#include "tests/lab/data.h"
#include "tests/lab/program.h"
#include "tests/roots.h"

namespace kvern {
namespace {

struct PointsGolden {
  const char* scenario;
  std::size_t points;
  const char* fingerprints;  // of all points, joined, as one hash
  const char* trace;         // in the data folder; "" = none needed
};

constexpr PointsGolden kScenarios[] = {
    {"eviction/mooncake_capacity", 21, "9f6ffac9e50d9b07",
     "traces/mooncake/conversation_trace.jsonl.gz"},
    {"eviction/agentic_lfu", 6, "e70708b31aa8a9d0", ""},
    {"eviction/tenant_quota", 2, "bd94ea2b50e756f5", ""},
    {"eviction/tiers_fetch_or_recompute", 20, "96f1f9edaf2ba125", ""},
    {"eviction/own_policy", 1, "6cff92fe29ddc088", ""},
    {"chat_turns", 2, "0224f8ebedd32447", ""},
    {"cluster/outage", 1, "e47b42212ed4156e", ""},
    {"energy/carbon_by_grid", 4, "3654d61c668f92d5", ""},
    {"energy/keep_warm", 5, "0354aa74889cd744", ""},
    {"energy/metered_bursts", 2, "68997fd53d2fb6c5", ""},
    {"energy/service_year", 1, "3a3e34c72bd01a06", ""},
    {"token_eviction_under_load", 15, "9679de855980af9c",
     "traces/azure2023/AzureLLMInferenceTrace_conv.csv"},
};

void PrintTo(const PointsGolden& golden, std::ostream* out) { *out << golden.scenario; }

class SweepScenariosSlow : public testing::TestWithParam<PointsGolden> {};

}  // namespace

TEST_P(SweepScenariosSlow, AreWhatTheyWere) {
  const PointsGolden& golden = GetParam();
  const std::string trace = golden.trace;
  if (!trace.empty() && !lab::has_data(trace)) GTEST_SKIP() << lab::needs_data(trace);
  const lab::Program program{KVERN_BINARY};
  const lab::Output output =
      program.run(std::string(KVERN_ROOT "/scenarios/") + golden.scenario + ".toml", {"--json"});
  ASSERT_EQ(output.code, 0) << output.err;  // 1: a claim was missed
  const std::string mark = "\"fingerprint\": \"";
  std::string joined;
  std::size_t points = 0;
  for (std::size_t at = output.out.find(mark); at != std::string::npos;
       at = output.out.find(mark, at + 1)) {
    joined += output.out.substr(at + mark.size(), 16);
    ++points;
  }
  EXPECT_EQ(points, golden.points);
  EXPECT_EQ(fmt::format("{:016x}", fnv1a64(joined)), golden.fingerprints);
}

INSTANTIATE_TEST_SUITE_P(All, SweepScenariosSlow, testing::ValuesIn(kScenarios),
                         [](const auto& each) {
                           std::string name = each.param.scenario;
                           std::replace(name.begin(), name.end(), '/', '_');
                           return name;
                         });

// Each is held to its numbers, here or in scenarios_test.cpp, or it is said why not.
TEST(SweepScenarios, EveryShippedOneIsHeld) {
  std::set<std::string> held = {
      "first_run", "azure_conversation", "mooncake_conversation",  // scenarios_test.cpp
      "attention_frontier",  // half an hour, and the weights of a model
  };
  for (const PointsGolden& golden : kScenarios) held.insert(golden.scenario);
  for (const char* folder : {"", "eviction", "energy", "cluster"}) {
    const std::filesystem::path root = KVERN_ROOT "/scenarios";
    for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
      if (entry.path().extension() != ".toml") continue;
      const std::string name = std::filesystem::relative(entry.path(), root).replace_extension();
      EXPECT_TRUE(held.contains(name)) << name;
    }
  }
}

}  // namespace kvern
