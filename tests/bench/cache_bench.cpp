// Cache-only replays, one core: a Zipf(1.0) trace of 5 M accesses over 1 M contents in 100 k
// blocks, under every eviction policy that stands alone.
#include <algorithm>
#include <string>

#include "policies/eviction.h"
#include "sim/base/random.h"
#include "sim/cache/cache_replay.h"
#include "tests/bench/goal.h"

namespace kvern::bench {
namespace {

constexpr std::uint32_t kContents = 1'000'000;
constexpr std::uint32_t kBlocks = 100'000;

struct ZipfTrace {
  CacheTrace trace;
  std::vector<std::uint32_t> next;
};

const ZipfTrace& zipf_trace() {
  static const ZipfTrace drawn = [] {
    constexpr std::size_t accesses = 5'000'000;
    const WeightedChoice choice(zipf_weights(kContents, 1.0));
    Stream stream(1, "bench.cache");
    ZipfTrace zipf;
    CacheTrace& trace = zipf.trace;
    // Ids in first-seen order, as a trace has them.
    std::vector<std::uint32_t> ids(kContents, kNoBlock);
    for (std::size_t i = 0; i < accesses; ++i) {
      std::uint32_t& id = ids[choice.draw(stream)];
      if (id == kNoBlock) id = trace.distinct++;
      trace.ids.push_back(id);
      trace.request_end.push_back(i + 1);
    }
    zipf.next = next_uses(trace);
    return zipf;
  }();
  return drawn;
}

double goal_of(const std::string& policy) {
  for (const char* fast : {"fifo", "lru", "sieve", "s3fifo"}) {
    if (policy == fast) return 20e6;
  }
  return policy == "belady" ? 10e6 : 8e6;
}

void replay(benchmark::State& state, const PolicyEntry<Eviction>& policy) {
  const ZipfTrace& zipf = zipf_trace();
  double accesses = 0;
  for (auto _ : state) {
    Issues issues;
    Parameters defaults(nullptr, policy.name, issues);
    const auto eviction = policy.make(defaults);
    accesses += static_cast<double>(
        replay_cache(zipf.trace, kBlocks, *eviction, nullptr, zipf.next).accesses);
  }
  rate(state, accesses, goal_of(policy.name));
}

// Those that wrap another policy can't be made without one.
bool stands_alone(const PolicyEntry<Eviction>& policy) {
  Issues issues;
  Parameters defaults(nullptr, policy.name, issues);
  return policy.make(defaults) != nullptr && !issues.any_error();
}

const bool registered = [] {
  for (const PolicyEntry<Eviction>& policy : eviction::table()) {
    if (!stands_alone(policy)) continue;
    benchmark::RegisterBenchmark((std::string("cache_") + policy.name).c_str(), replay, policy)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace kvern::bench
