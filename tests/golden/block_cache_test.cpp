// Hits of cache-only replays against counts that were computed independently, on public traces in
// the shared folder.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <vector>

#include "policies/eviction.h"
#include "sim/cache/cache_replay.h"
#include "traces/import.h"

namespace kvern {
namespace {

CacheTrace cache_trace(const Trace& trace) {
  CacheTrace accesses;
  accesses.block_size = trace.header.block_size;
  accesses.distinct = trace.header.distinct_blocks;
  accesses.prompt_tokens = trace.prompt_tokens;
  for (std::size_t row = 0; row < trace.rows(); ++row) {
    std::vector<std::uint32_t> ids;
    trace.blocks.read(row, ids);
    accesses.ids.insert(accesses.ids.end(), ids.begin(), ids.end());
    accesses.request_end.push_back(accesses.ids.size());
  }
  return accesses;
}

std::optional<CacheTrace> shared_trace(const std::string& path) {
  const std::string file = std::string(KVERN_ROOT "/../shared/traces/") + path;
  if (!std::filesystem::exists(file)) return std::nullopt;
  Issues issues;
  ImportRequest request;
  request.file = file;
  const auto trace = read_trace(request, issues);
  return trace ? std::optional(cache_trace(*trace)) : std::nullopt;
}

CacheCounts replay(const CacheTrace& trace, const std::string& policy, std::uint32_t capacity) {
  Issues issues;
  const auto eviction =
      make_policy(eviction::table(), "eviction", parse_policy(policy, {}, issues), "", issues);
  return replay_cache(trace, capacity, *eviction);
}

struct Golden {
  std::uint32_t capacity;
  const char* policy;
  std::uint64_t hits, prefix_hits;
};

TEST(BlockCache, MooncakeConversationToTheLastHit) {
  const auto trace = shared_trace("mooncake/conversation_trace.jsonl.gz");
  if (!trace) GTEST_SKIP() << "the Mooncake conversation trace is not there";
  EXPECT_EQ(trace->ids.size(), 288'500U);
  EXPECT_EQ(trace->distinct, 182'790U);
  for (const Golden& golden : {
           Golden{1'000, "lru", 12'831, 12'831},
           {1'000, "fifo", 12'559, 12'509},
           {1'000, "lfu", 13'871, 13'871},
           {10'000, "lru", 60'921, 60'921},
           {10'000, "fifo", 53'812, 52'351},
           {10'000, "lfu", 38'013, 38'013},
           {30'000, "lru", 93'967, 93'967},
           {30'000, "fifo", 87'152, 84'936},
           {30'000, "lfu", 79'595, 79'595},
           {50'000, "lru", 102'290, 102'290},
           {50'000, "fifo", 98'096, 96'228},
           {50'000, "lfu", 99'189, 99'189},
           {100'000, "lru", 104'924, 104'924},
           {100'000, "fifo", 103'651, 102'794},
           {100'000, "lfu", 104'755, 104'755},
       }) {
    const CacheCounts counts = replay(*trace, golden.policy, golden.capacity);
    EXPECT_EQ(counts.hits, golden.hits) << golden.policy << " " << golden.capacity;
    EXPECT_EQ(counts.prefix_hits, golden.prefix_hits) << golden.policy << " " << golden.capacity;
  }
}

}  // namespace
}  // namespace kvern
