#include "sim/base/random.h"
#include "sim/cache/cache_replay.h"
#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

namespace {

CacheCounts counts_of(const std::string& text, const CacheTrace& trace, std::uint32_t capacity) {
  Issues issues;
  const auto policy =
      make_policy(eviction::table(), "eviction", parse_policy(text, {}, issues), "", issues);
  return replay_cache(trace, capacity, *policy, nullptr, next_uses(trace));
}

CacheTrace singles(std::uint32_t distinct, std::vector<std::uint32_t> ids) {
  CacheTrace trace;
  trace.distinct = distinct;
  trace.ids = std::move(ids);
  for (std::size_t i = 1; i <= trace.ids.size(); ++i) trace.request_end.push_back(i);
  return trace;
}

// The best over all choices of victim, by trying each (`bypass`: also none).
std::uint64_t best_hits(const CacheTrace& trace, std::uint32_t capacity, bool bypass,
                        std::vector<std::uint32_t> cached = {}, std::size_t access = 0) {
  if (access == trace.ids.size()) return 0;
  const std::uint32_t id = trace.ids[access];
  if (std::find(cached.begin(), cached.end(), id) != cached.end()) {
    return 1 + best_hits(trace, capacity, bypass, cached, access + 1);
  }
  if (cached.size() < capacity) {
    cached.push_back(id);
    return best_hits(trace, capacity, bypass, cached, access + 1);
  }
  std::uint64_t best = bypass ? best_hits(trace, capacity, bypass, cached, access + 1) : 0;
  for (std::uint32_t& block : cached) {
    const std::uint32_t kept = std::exchange(block, id);
    best = std::max(best, best_hits(trace, capacity, bypass, cached, access + 1));
    block = kept;
  }
  return best;
}

}  // namespace

// 0 1 2 0 1 3 0 in two slots. 2 evicts 1 (asked for at 4, 0 at 3); 0 hits; 1 evicts 2, 3 evicts 1
// (never again); 0 hits: 2. With bypass 2 and 3 are left out: 0, 1 and 0 hit.
TEST(Belady, TheFarthestNextUseGoes) {
  const CacheTrace trace = singles(4, {0, 1, 2, 0, 1, 3, 0});
  EXPECT_EQ(counts_of("belady", trace, 2).hits, 2U);
  const CacheCounts bypassed = counts_of("belady(bypass=true)", trace, 2);
  EXPECT_EQ(bypassed.hits, 3U);
  EXPECT_EQ(bypassed.refused, 2U);
}

TEST(Belady, HitsAsMuchAsTheBestChoiceOfAll) {
  Stream stream(1, "belady");
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> ids;
    for (int i = 0; i < 11; ++i) ids.push_back(static_cast<std::uint32_t>(stream.uniform() * 5));
    const CacheTrace trace = singles(5, ids);
    const std::uint32_t capacity = 1 + round % 3;
    ASSERT_EQ(counts_of("belady", trace, capacity).hits, best_hits(trace, capacity, false));
    ASSERT_EQ(counts_of("belady(bypass=true)", trace, capacity).hits,
              best_hits(trace, capacity, true));
  }
}

}  // namespace kvern
