// Steps cost 10 us and 1 us a prefill token: a prompt of 4 runs from 0 to 14 us and gives the first
// token, decode steps end at 24, 34, 44 ... us.
#include <gtest/gtest.h>

#include <map>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

Lab lab_of(std::vector<Incident> incidents, bool stepwise) {
  Lab lab;
  lab.cost = "affine(a=10 us, b=1 us, c=0 us, d=0 ns)";
  lab.incidents = std::move(incidents);
  lab.stepwise = stepwise;
  lab.joules = true;
  return lab;
}

void ask(Lab& lab, SimTime arrival, std::uint32_t output) {
  LabRequest& request = lab.requests.emplace_back();
  request.arrival = arrival;
  request.prompt = 4;
  request.output = output;
}

std::map<std::uint32_t, RequestRow> by_id(const Outcome& outcome) {
  std::map<std::uint32_t, RequestRow> rows;
  for (const RequestRow& row : outcome.requests) rows[row.id] = row;
  return rows;
}

constexpr ReplicaId kFirst{0}, kSecond_{1};

// The step under way at 25 us ends at 34: three tokens, all in vain. Who comes while the only
// replica is down is rejected; back at 50 us it serves again.
TEST(Incidents, AFailureEndsWithTheStepUnderWay) {
  for (const bool stepwise : {false, true}) {
    Lab lab = lab_of({{25'000, IncidentKind::Fail, kFirst}, {50'000, IncidentKind::Return, kFirst}},
                     stepwise);
    ask(lab, 0, 10);
    ask(lab, 40'000, 1);
    ask(lab, 60'000, 1);
    const auto outcome = run(lab);
    const auto rows = by_id(*outcome);
    EXPECT_EQ(rows.at(0).status, RequestStatus::Failed);
    EXPECT_EQ(rows.at(0).output_tokens, 3U);
    EXPECT_EQ(rows.at(0).finish_ns, -1);
    EXPECT_EQ(rows.at(1).status, RequestStatus::Rejected);
    EXPECT_EQ(rows.at(2).status, RequestStatus::Finished);
    EXPECT_EQ(rows.at(2).finish_ns, 74'000);
    const Ledger& ledger = outcome->ledgers[0];
    EXPECT_EQ(ledger.failed, 1U);
    EXPECT_EQ(ledger.picojoules_wasted / 1000, rows.at(0).energy_nj);
    EXPECT_EQ(ledger.busy_ticks >> kTickBits, 34'000 + 14'000);
  }
}

// At a step's end it is gone at once; planned ahead too, the next step does not begin.
TEST(Incidents, AtAStepsEndNothingFollows) {
  for (const char* batching : {"vllm_v1", "vllm_v1(async_scheduling=true)"}) {
    for (const bool stepwise : {false, true}) {
      Lab lab = lab_of({{24'000, IncidentKind::Fail, kFirst}}, stepwise);
      lab.batching = batching;
      ask(lab, 0, 10);
      const auto outcome = run(lab);
      EXPECT_EQ(outcome->requests.at(0).status, RequestStatus::Failed);
      EXPECT_EQ(outcome->requests.at(0).output_tokens, 2U);
      EXPECT_EQ(outcome->ledgers[0].busy_ticks >> kTickBits, 24'000);
    }
  }
}

TEST(Incidents, ADrainedReplicaServesThoseItHas) {
  for (const bool stepwise : {false, true}) {
    Lab lab = lab_of(
        {{10'000, IncidentKind::Drain, kFirst}, {100'000, IncidentKind::Return, kFirst}}, stepwise);
    ask(lab, 0, 4);
    ask(lab, 20'000, 1);
    ask(lab, 100'000, 1);
    const auto rows = by_id(*run(lab));
    EXPECT_EQ(rows.at(0).status, RequestStatus::Finished);
    EXPECT_EQ(rows.at(0).finish_ns, 44'000);
    EXPECT_EQ(rows.at(1).status, RequestStatus::Rejected);
    EXPECT_EQ(rows.at(2).status, RequestStatus::Finished);
  }
}

// Either router goes round the one that is down.
TEST(Incidents, OthersTakeOver) {
  for (const char* routing : {"least_loaded", "round_robin"}) {
    Lab lab =
        lab_of({{5'000, IncidentKind::Fail, kFirst}, {5'000, IncidentKind::Drain, kFirst}}, false);
    lab.routing = routing;
    lab.replicas = 2;
    for (int i = 0; i < 4; ++i) ask(lab, 10'000 + i, 1);
    for (const auto& [id, row] : by_id(*run(lab))) {
      EXPECT_EQ(row.status, RequestStatus::Finished) << routing;
      EXPECT_EQ(ReplicaId{row.replica}, kSecond_) << routing;
    }
  }
}

// The same prompt of two named blocks thrice: found the second time, lost with the failure. An
// eviction is none of that.
TEST(Incidents, AFailureLosesTheCacheAndADrainDoesNot) {
  for (const char* eviction : {"lru", "vllm_free_queue", "arc"}) {
    for (const bool fails : {true, false}) {
      Lab lab = lab_of({{50'000, fails ? IncidentKind::Fail : IncidentKind::Drain, kFirst},
                        {60'000, IncidentKind::Return, kFirst}},
                       false);
      lab.prefix_cache = true;
      lab.eviction = eviction;
      lab.block_size = 2;
      lab.blocks = 8;
      for (const SimTime arrival : {0, 20'000, 70'000}) {
        ask(lab, arrival, 1);
        lab.requests.back().prompt = 5;
        lab.requests.back().blocks = {7, 8};
      }
      const auto outcome = run(lab);
      const auto rows = by_id(*outcome);
      EXPECT_EQ(rows.at(1).cached_tokens, 4U);
      EXPECT_EQ(rows.at(2).cached_tokens, fails ? 0U : 4U) << eviction;
      EXPECT_EQ(outcome->ledgers[0].evictions, 0U);
    }
  }
}

}  // namespace
}  // namespace kvern::lab
