#include "sim/cache/belady_bound.h"

#include <gtest/gtest.h>

namespace kvern {
namespace {

CacheTrace accesses(const std::vector<std::uint32_t>& ids) {
  CacheTrace trace;
  trace.ids = ids;
  for (const std::uint32_t id : ids) trace.distinct = std::max(trace.distinct, id + 1);
  return trace;
}

std::uint64_t hits(const CacheTrace& trace, std::uint32_t capacity, bool bypass) {
  return belady_bound(trace, next_uses(trace), capacity, bypass).hits;
}

}  // namespace

// Silberschatz's reference string: 7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1 has 9 faults with three
// frames, hence 11 hits.
TEST(BeladyBound, TheTextbookString) {
  const CacheTrace trace = accesses({7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1});
  EXPECT_EQ(hits(trace, 3, false), 11U);
  EXPECT_EQ(hits(trace, 0, false), 0U);
  EXPECT_EQ(hits(trace, 8, false), 14U);  // all but the first of each of six
}

// One slot, 0 1 0: 1 must replace 0, unless it may be left out.
TEST(BeladyBound, BypassKeepsWhatIsUsedSooner) {
  const CacheTrace trace = accesses({0, 1, 0});
  EXPECT_EQ(hits(trace, 1, false), 0U);
  EXPECT_EQ(hits(trace, 1, true), 1U);
}

// Requests 0 1 | 1 0: with two slots all of the second is found; with one only 1, in the lead.
TEST(BeladyBound, LeadingRuns) {
  CacheTrace trace = accesses({0, 1, 0, 1});
  trace.request_end = {2, 4};
  const auto next = next_uses(trace);
  EXPECT_EQ(belady_bound(trace, next, 2, false).prefix_hits, 2U);
  // One slot with bypass: 0 stays (used sooner), so the lead of one is found.
  EXPECT_EQ(belady_bound(trace, next, 1, true).prefix_hits, 1U);
}

// A scan over more than 64^2 numbers walks every level of the set: a loop of n blocks over n - 1
// slots misses once a round after the first (bypass), n of them found less one.
TEST(BeladyBound, LongLoops) {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t round = 0; round < 50; ++round) {
    for (std::uint32_t id = 0; id < 100; ++id) ids.push_back(id);
  }
  EXPECT_EQ(hits(accesses(ids), 99, true), 49U * 99U);
}

}  // namespace kvern
