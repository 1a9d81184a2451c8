#include <gtest/gtest.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

std::vector<int> replicas_by_id(const Lab& lab) {
  const auto outcome = run(lab);
  std::vector<int> replicas(lab.requests.size(), -1);
  for (const RequestRow& row : outcome->requests) {
    if (row.status == RequestStatus::Finished) replicas[row.id] = row.replica;
  }
  return replicas;
}

// Request 0 runs long on replica 0, request 1 is over at once on replica 1.
Lab two_replicas(const std::string& routing) {
  Lab lab;
  lab.routing = routing;
  lab.replicas = 2;
  lab.requests = {{0, 4, 100, {}}, {0, 4, 1, {}}, {50'000'000, 4, 1, {}}, {50'000'000, 4, 1, {}}};
  return lab;
}

TEST(RoundRobin, TakesTurns) {
  EXPECT_EQ(replicas_by_id(two_replicas("round_robin")), (std::vector<int>{0, 1, 0, 1}));
}

// At 50 ms: one in flight on replica 0, none on 1; then one each, and the lower id wins.
TEST(LeastLoaded, TakesTheFewestInFlightThenTheLowestId) {
  EXPECT_EQ(replicas_by_id(two_replicas("least_loaded")), (std::vector<int>{0, 1, 1, 0}));
}

TEST(Always, AdmitsAll) {
  Lab lab = two_replicas("least_loaded");
  lab.admission = "always";
  EXPECT_EQ(run(lab)->ledgers[0].rejected, 0U);
}

// Two replicas, one request each: the third at 0 is one too many.
TEST(MaxInFlight, RejectsBeyondTheLimit) {
  Lab lab = two_replicas("least_loaded");
  lab.admission = "max_in_flight(per_replica=1)";
  lab.requests.insert(lab.requests.begin() + 2, LabRequest{0, 4, 1, {}});
  const auto outcome = run(lab);
  EXPECT_EQ(outcome->ledgers[0].rejected, 2U);  // it, and the second of those at 50 ms
  EXPECT_EQ(outcome->ledgers[0].finished, 3U);
}

}  // namespace
}  // namespace kvern::lab
