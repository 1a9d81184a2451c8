#include "sim/cache/cache_replay.h"
#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

// Room for one is asked for; each block misses once.
TEST(Infinite, OnlyFirstUsesMiss) {
  Issues issues;
  const auto policy =
      make_policy(eviction::table(), "eviction", parse_policy("infinite", {}, issues), "", issues);
  CacheTrace trace;
  trace.distinct = 3;
  trace.ids = {0, 1, 2, 0, 1, 2, 2};
  trace.request_end = {3, 6, 7};
  const CacheCounts counts = replay_cache(trace, 1, *policy);
  EXPECT_EQ(counts.hits, 4U);
  EXPECT_EQ(counts.evictions, 0U);
}

}  // namespace kvern
