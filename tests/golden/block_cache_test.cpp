// Hits of cache-only replays against counts that were computed independently, on public traces in
// the data folder.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

#include "policies/eviction.h"
#include "scenarios/program/command/cache_trace_reader.h"
#include "sim/base/random.h"
#include "sim/cache/cache_replay.h"
#include "tests/lab/data.h"

namespace kvern {
namespace {

std::optional<CacheTrace> shared_trace(const std::string& path) {
  ImportRequest request;
  request.file = lab::data_file("traces/" + path).string();
  if (!std::filesystem::exists(request.file)) return std::nullopt;
  Issues issues;
  auto trace = read_cache_trace(request, 0, issues);
  EXPECT_TRUE(trace) << issues.text();
  return trace;
}

CacheCounts replay(const CacheTrace& trace, const std::string& policy, std::uint32_t capacity) {
  Issues issues;
  const auto eviction =
      make_policy(eviction::table(), "eviction", parse_policy(policy, {}, issues), "", issues);
  const auto next = eviction->clairvoyant() ? next_uses(trace) : std::vector<std::uint32_t>();
  return replay_cache(trace, capacity, *eviction, nullptr, next);
}

// Resident contents by next use, the last one goes.
std::uint64_t belady_by_set(const CacheTrace& trace, std::uint32_t capacity) {
  const std::size_t count = trace.ids.size();
  std::vector<std::size_t> next(count);
  std::vector<std::size_t> later(trace.distinct, SIZE_MAX);
  for (std::size_t i = count; i-- > 0;) {
    // Those never asked for again differ too, else the set would take them for one.
    next[i] = later[trace.ids[i]] == SIZE_MAX ? count + i : later[trace.ids[i]];
    later[trace.ids[i]] = i;
  }
  std::set<std::size_t> resident;
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (resident.erase(i) == 1) {
      ++hits;
    } else if (resident.size() == capacity) {
      resident.erase(std::prev(resident.end()));
    }
    resident.insert(next[i]);
  }
  return hits;
}

struct BlockGolden {
  std::uint32_t capacity;
  const char* policy;
  std::uint64_t hits, prefix_hits;
};

TEST(BlockCache, MooncakeConversationToTheLastHit) {
  const auto trace = shared_trace("mooncake/conversation_trace.jsonl.gz");
  if (!trace) GTEST_SKIP() << "the Mooncake conversation trace is not there";
  EXPECT_EQ(trace->ids.size(), 288'500U);
  EXPECT_EQ(trace->distinct, 182'790U);
  for (const BlockGolden& golden : {
           BlockGolden{1'000, "lru", 12'831, 12'831},
           {1'000, "fifo", 12'559, 12'509},
           {1'000, "lfu", 13'871, 13'871},
           {1'000, "belady", 54'994, 54'994},
           {10'000, "lru", 60'921, 60'921},
           {10'000, "fifo", 53'812, 52'351},
           {10'000, "lfu", 38'013, 38'013},
           {10'000, "belady", 105'710, 105'710},
           {30'000, "lru", 93'967, 93'967},
           {30'000, "fifo", 87'152, 84'936},
           {30'000, "lfu", 79'595, 79'595},
           {30'000, "belady", 105'710, 105'710},
           {50'000, "lru", 102'290, 102'290},
           {50'000, "fifo", 98'096, 96'228},
           {50'000, "lfu", 99'189, 99'189},
           {50'000, "belady", 105'710, 105'710},
           {100'000, "lru", 104'924, 104'924},
           {100'000, "fifo", 103'651, 102'794},
           {100'000, "lfu", 104'755, 104'755},
           {100'000, "belady", 105'710, 105'710},
           {1, "infinite", 105'710, 105'710},
       }) {
    const CacheCounts counts = replay(*trace, golden.policy, golden.capacity);
    EXPECT_EQ(counts.hits, golden.hits) << golden.policy << " " << golden.capacity;
    EXPECT_EQ(counts.prefix_hits, golden.prefix_hits) << golden.policy << " " << golden.capacity;
  }
}

// To three digits; prefix hits in the second column.
TEST(BlockCache, S3FifoOnMooncakeConversation) {
  const auto trace = shared_trace("mooncake/conversation_trace.jsonl.gz");
  if (!trace) GTEST_SKIP() << "the Mooncake conversation trace is not there";
  struct Ratio {
    std::uint32_t capacity;
    double hits, prefix_hits;
  };
  for (const auto& [capacity, hits, prefix_hits] : {Ratio{1'000, .056, .056},
                                                    {10'000, .195, .195},
                                                    {30'000, .306, .304},
                                                    {50'000, .350, .349},
                                                    {100'000, .362, .362}}) {
    const CacheCounts counts = replay(*trace, "s3fifo", capacity);
    const auto accesses = static_cast<double>(counts.accesses);
    EXPECT_NEAR(static_cast<double>(counts.hits) / accesses, hits, .0005) << capacity;
    EXPECT_NEAR(static_cast<double>(counts.prefix_hits) / accesses, prefix_hits, .0005) << capacity;
  }
}

TEST(BlockCache, ZipfOracleGeneralToTheLastHit) {
  const auto trace = shared_trace("libcachesim-format/zipf.oracleGeneral.bin");
  if (!trace) GTEST_SKIP() << "the oracleGeneral trace is not there";
  EXPECT_EQ(trace->ids.size(), 10'000U);
  EXPECT_EQ(trace->distinct, 954U);
  struct Row {
    std::uint32_t capacity;
    std::uint64_t lru, fifo, lfu;
  };
  for (const auto& [capacity, lru, fifo, lfu] : {Row{10, 1'390, 1'239, 2'764},
                                                 {50, 3'626, 3'146, 4'682},
                                                 {100, 4'783, 4'264, 5'514},
                                                 {200, 6'101, 5'620, 6'585},
                                                 {500, 8'005, 7'655, 8'152}}) {
    EXPECT_EQ(replay(*trace, "lru", capacity).hits, lru) << capacity;
    EXPECT_EQ(replay(*trace, "fifo", capacity).hits, fifo) << capacity;
    EXPECT_EQ(replay(*trace, "lfu", capacity).hits, lfu) << capacity;
  }
}

// Drawn here, so that it needs no file. Counts of Belady without bypass by an implementation of its
// own (a sorted set of next uses).
TEST(BlockCache, BeladyOnADrawnZipfTrace) {
  constexpr std::uint32_t contents = 20'000;
  const WeightedChoice choice(zipf_weights(contents, 1.0));
  Stream stream(1, "golden.zipf");
  std::vector<std::uint32_t> ids(contents, kNoBlock);
  CacheTrace trace;
  for (std::size_t i = 0; i < 200'000; ++i) {
    std::uint32_t& id = ids[choice.draw(stream)];
    if (id == kNoBlock) id = trace.distinct++;
    trace.ids.push_back(id);
    trace.request_end.push_back(i + 1);
  }
  for (const std::uint32_t capacity : {100U, 1'000U, 5'000U}) {
    const std::uint64_t hits = replay(trace, "belady", capacity).hits;
    EXPECT_EQ(hits, belady_by_set(trace, capacity)) << capacity;
    EXPECT_GT(hits, replay(trace, "lru", capacity).hits) << capacity;
  }
  EXPECT_EQ(replay(trace, "belady", 1'000).hits, 152'283U);
}

}  // namespace
}  // namespace kvern
