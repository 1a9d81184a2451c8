// Failures, drains and sleep on random small scenarios: whatever befalls replicas, nobody is lost
// or counted twice, nothing is sent to one that is down, and fused runs are stepwise ones.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/lab/random_lab.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

constexpr std::uint64_t kSeeds = 500;

// From when on each replica is down for good or until it returns.
bool down_at(const Lab& lab, std::uint16_t replica, SimTime now) {
  bool down = false, open = true;
  for (const Incident& incident : lab.incidents) {
    if (incident.time > now || index(incident.replica) != replica) continue;
    down = incident.kind == IncidentKind::Fail || (down && incident.kind == IncidentKind::Drain);
    open = incident.kind == IncidentKind::Return;
  }
  return down || !open;
}

TEST(Incidents, NobodyIsSentWhereNoneAreTaken) {
  int befallen = 0, failed = 0, rejected = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Lab lab = random_lab(seed);
    if (lab.incidents.empty()) continue;
    ++befallen;
    const auto outcome = run(lab);
    std::uint64_t rows_failed = 0;
    for (const RequestRow& row : outcome->requests) {
      rows_failed += row.status == RequestStatus::Failed ? 1 : 0;
      if (row.status == RequestStatus::Rejected) continue;
      EXPECT_FALSE(down_at(lab, row.replica, row.arrival_ns)) << seed << describe(lab);
    }
    EXPECT_EQ(rows_failed, outcome->ledgers[0].failed);
    failed += static_cast<int>(rows_failed);
    rejected += static_cast<int>(outcome->ledgers[0].rejected);
  }
  EXPECT_GT(befallen, 100);
  EXPECT_GT(failed, 100);
  EXPECT_GT(rejected, 100);
}

TEST(Incidents, AreTheSameHoweverRunsAreCut) {
  for (std::uint64_t seed = 0; seed < 2 * kSeeds; ++seed) {
    Lab lab = random_lab(seed);
    if (lab.incidents.empty()) continue;
    const std::string fused = text(*run(lab), false);
    lab.stepwise = true;
    ASSERT_EQ(fused, text(*run(lab), false)) << seed << describe(lab);
    lab.stepwise = false;
    lab.incidents.clear();
    lab.bucket = 0;
    const std::string uncut = text(*run(lab), false);
    // One that changes nothing: a return of those who serve.
    lab.incidents = {{20'000, IncidentKind::Return, ReplicaId{0}}};
    ASSERT_EQ(uncut, text(*run(lab), false)) << seed << describe(lab);
  }
}

// A replica that slept has an empty cache: no hit is older than its latest waking.
TEST(Sleep, LosesThePrefixCacheAndIsTheSameHoweverRunsAreCut) {
  std::uint64_t wakes = 0, hits = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    Lab lab = random_lab(seed);
    if (!lab.prefix_cache || !lab.tiers.empty()) continue;
    lab.sleep = fmt::format("after_idle(idle={} us, state=bare, wake=30 us)", 20 + seed % 100);
    const auto outcome = run(lab);
    wakes += outcome->ledgers[0].wakes;
    hits += outcome->ledgers[0].block_hits;
    lab.stepwise = true;
    ASSERT_EQ(text(*outcome, false), text(*run(lab), false)) << seed << describe(lab);
  }
  EXPECT_GT(wakes, 50U);
  EXPECT_GT(hits, 50U);
}

// Twice the same prompt, a long pause between: found if the replica stayed awake.
TEST(Sleep, APauseAwakeKeepsTheCache) {
  for (const bool sleeps : {false, true}) {
    Lab lab;
    lab.prefix_cache = true;
    lab.block_size = 4;
    if (sleeps) lab.sleep = "after_idle(idle=1 ms, state=sleep1, wake=1 ms)";
    for (const SimTime arrival : {SimTime{0}, kSecond}) {
      LabRequest& request = lab.requests.emplace_back();
      request.arrival = arrival;
      request.prompt = 9;
      request.blocks = {1, 2};
    }
    EXPECT_EQ(run(lab)->requests.at(1).cached_tokens, sleeps ? 0U : 8U);
  }
}

}  // namespace
}  // namespace kvern::lab
