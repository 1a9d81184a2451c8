// The scenarios of scenarios/eviction: their claims hold, and every point of every sweep is what it
// was. A change of these numbers is a change of what Kvern says: say why in the commit.
#include <fmt/format.h>
#include <gtest/gtest.h>

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

void PrintTo(const PointsGolden& golden, std::ostream* out) { *out << golden.scenario; }

class EvictionScenariosSlow : public testing::TestWithParam<PointsGolden> {};

}  // namespace

TEST_P(EvictionScenariosSlow, AreWhatTheyWere) {
  const PointsGolden& golden = GetParam();
  const std::string trace = golden.trace;
  if (!trace.empty() && !lab::has_data(trace)) GTEST_SKIP() << lab::needs_data(trace);
  const lab::Program program{KVERN_BINARY};
  const lab::Output output = program.run(
      std::string(KVERN_ROOT "/scenarios/eviction/") + golden.scenario + ".toml", {"--json"});
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

INSTANTIATE_TEST_SUITE_P(
    All, EvictionScenariosSlow,
    testing::Values(PointsGolden{"mooncake_capacity", 21, "9f6ffac9e50d9b07",
                                 "traces/mooncake/conversation_trace.jsonl.gz"},
                    PointsGolden{"agentic_lfu", 6, "e70708b31aa8a9d0", ""},
                    PointsGolden{"tenant_quota", 2, "bd94ea2b50e756f5", ""},
                    PointsGolden{"tiers_fetch_or_recompute", 20, "96f1f9edaf2ba125", ""},
                    PointsGolden{"own_policy", 1, "6cff92fe29ddc088", ""}),
    [](const auto& each) { return std::string(each.param.scenario); });

}  // namespace kvern
