#include "policies/incidents.h"

#include <gtest/gtest.h>

#include "scenarios/program/read/scenario_reader.h"
#include "scenarios/program/read/toml_reader.h"

namespace kvern::incidents {
namespace {

std::unique_ptr<Incidents> made(const std::string& toml, Issues& issues) {
  const auto root = read_toml_text(toml, "a.toml", issues);
  Config spec = *root;
  return make_policy(table(), "incidents", spec, "cluster.incidents", issues);
}

constexpr const char* kOutages = R"toml(policy = "schedule"
outage = [{ replica = 2, at = "5 s", lasts = "5 s" },
          { replica = 0, at = "10 s", drain = true },
          { replica = 1, at = "1 s" }]
)toml";

// Of those at 10 s the one that returns comes first.
TEST(Incidents, AScheduleIsReadInOrderOfTime) {
  Issues issues;
  const auto schedule = made(kOutages, issues);
  ASSERT_NE(schedule, nullptr) << issues.text();
  EXPECT_EQ(issues.text(), "");
  EXPECT_EQ(schedule->prepare(3), "");
  std::string seen;
  while (schedule->next_time() != kNever) {
    const Incident next = schedule->pop();
    seen += std::to_string(next.time / kSecond) + " s: " + std::to_string(index(next.replica)) +
            (next.kind == IncidentKind::Fail     ? " fails\n"
             : next.kind == IncidentKind::Return ? " returns\n"
                                                 : " drains\n");
  }
  EXPECT_EQ(seen, "1 s: 1 fails\n5 s: 2 fails\n10 s: 2 returns\n10 s: 0 drains\n");
}

TEST(Incidents, WhatCannotBeIsRefused) {
  Issues issues;
  EXPECT_EQ(made(kOutages, issues)->prepare(2), "an outage of replica 2, but the last one is 1");
  made("policy = \"schedule\"", issues);
  made("policy = \"schedule\"\noutage = [{ replica = 0, at = \"1 s\", lasts = \"0 s\" }]", issues);
  made("policy = \"schedule\"\noutage = [{ replica = 0, when = \"1 s\" }]", issues);
  const std::string text = issues.text();
  for (const char* what : {"a schedule needs outages", "an outage lasts longer than that",
                           "unknown key \"when\"", "\"at\""}) {
    EXPECT_NE(text.find(what), std::string::npos) << what << "\n" << text;
  }
}

// In a scenario: the number is one of all pools; memory tiers are refused with it.
TEST(Incidents, AScenarioChecksThem) {
  const auto issues_of = [](const std::string& outage, const std::string& tier) {
    Issues issues;
    const auto root = read_toml_text(R"toml(
name = "outage"
[workload]
arrivals = "poisson(rate=5 req/s)"
lengths = "constant(prompt=400, output=20)"
requests = 10
[cluster]
incidents = { policy = "schedule", outage = [)toml" +
                                         outage + R"toml(] }
[[pool]]
hardware = "h100_sxm"
model = "llama-3.1-8b"
replicas = 2
)toml" + tier,
                                     "a.toml", issues);
    read_scenario(*root, "a.toml", issues);
    return issues.text();
  };
  EXPECT_EQ(issues_of("{ replica = 1, at = \"1 s\" }", ""), "");
  EXPECT_NE(issues_of("{ replica = 2, at = \"1 s\" }", "").find("the last one is 1"),
            std::string::npos);
  const std::string tier = R"toml([[pool.kv.tier]]
name = "host"
capacity = "64 GiB"
bandwidth = "50 GB/s"
latency = "20 us"
)toml";
  EXPECT_NE(issues_of("{ replica = 1, at = \"1 s\" }", tier).find("not built yet"),
            std::string::npos);
}

}  // namespace
}  // namespace kvern::incidents
