// A loop of users: who has an answer thinks, then asks again.
#include <gtest/gtest.h>

#include "tests/unit/traces/workload.h"

namespace kvern {
namespace {

using workloads::run_dry;
using workloads::Seen;
using workloads::try_workload;
using workloads::workload;

std::vector<SimTime> starts_of(const std::vector<Seen>& all) {
  std::vector<SimTime> times;
  for (const Seen& seen : all) times.push_back(seen.arrival.time);
  return times;
}

}  // namespace

// An answer takes 10 ms; think times of 5 ms.
TEST(Users, HaveOneRequestEach) {
  const auto arrivals =
      workload({.arrivals = "users(count=2, think=constant(value=5 ms))", .requests = 5});
  EXPECT_TRUE(arrivals->waits_for_answers());
  const SimTime ms = kMillisecond;
  EXPECT_EQ(starts_of(run_dry(*arrivals, 10 * ms)),
            (std::vector<SimTime>{0, 0, 15 * ms, 15 * ms, 30 * ms}));
}

TEST(Users, HaveOneSessionEach) {
  const auto arrivals =
      workload({.arrivals = "users(count=1, think=constant(value=7 s))",
                .prefixes = "sessions(turns=constant(value=2), think=constant(value=1 s))",
                .requests = 4});
  const std::vector<Seen> all = run_dry(*arrivals, kSecond);
  EXPECT_EQ(starts_of(all), (std::vector<SimTime>{0, 2 * kSecond, 10 * kSecond, 12 * kSecond}));
  EXPECT_EQ(all[1].arrival.session, 0);
  EXPECT_EQ(all[2].arrival.session, 1);
}

// Who is answered later but thinks less comes first.
TEST(Users, ComeInTheOrderOfTheirPauses) {
  const auto arrivals =
      workload({.arrivals = "users(count=8, think=exponential(mean=10 s))", .requests = 400});
  SimTime latest = 0;
  for (const Seen& seen : run_dry(*arrivals, kSecond)) {
    EXPECT_GE(seen.arrival.time, latest);
    latest = seen.arrival.time;
  }
  // 50 rounds of 11 s each, give or take four deviations of their sum.
  EXPECT_NEAR(static_cast<double>(latest) / 1e9, 49 * 11, 4 * 10 * 7);
}

TEST(Users, NeedAnEnd) {
  Issues issues;
  EXPECT_EQ(try_workload({.arrivals = "users(count=2)", .requests = std::nullopt}, issues),
            nullptr);
  EXPECT_NE(issues.text().find("requests = 20000"), std::string::npos) << issues.text();
}

}  // namespace kvern
