// The answers to fetch-or-recompute, at their limits.
#include "policies/tiering.h"

#include <gtest/gtest.h>

namespace kvern {
namespace {

std::unique_ptr<Tiering> make(const char* name) {
  Issues issues;
  return make_policy(tiering::table(), "tiering", parse_policy(name, {}, issues), name, issues);
}

FetchOffer offer(SimTime fetch_ns, SimTime compute_ns, std::int64_t fetch_pj,
                 std::int64_t compute_pj) {
  return {0, 4, 4000, fetch_ns, compute_ns, true, fetch_pj, compute_pj};
}

TEST(Tiering, AlwaysAndNeverLookAtNothing) {
  EXPECT_TRUE(make("always")->fetches(offer(100, 1, 100, 1)));
  EXPECT_FALSE(make("never")->fetches(offer(1, 100, 1, 100)));
}

TEST(Tiering, MinTimeFetchesUpToTheTimeSpared) {
  const auto policy = make("min_time");
  EXPECT_FALSE(policy->needs_joules());
  EXPECT_TRUE(policy->fetches(offer(10, 10, 100, 1)));
  EXPECT_FALSE(policy->fetches(offer(11, 10, 1, 100)));
}

TEST(Tiering, MinEnergyFetchesUpToTheJoulesSpared) {
  const auto policy = make("min_energy");
  EXPECT_TRUE(policy->needs_joules());
  EXPECT_TRUE(policy->fetches(offer(100, 1, 10, 10)));
  EXPECT_FALSE(policy->fetches(offer(1, 100, 11, 10)));
}

}  // namespace
}  // namespace kvern
