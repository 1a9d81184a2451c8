// The serving machine, one core, request rows and buckets off. Requests are held in memory, but for
// the row that streams them.
#include <sys/resource.h>

#include <filesystem>

#include "tests/bench/goal.h"
#include "tests/bench/serving_cases.h"
#include "tests/lab/data.h"
#include "traces/import/import.h"
#include "traces/replay/trace_replay.h"

namespace kvern::bench {
namespace {

void serve(benchmark::State& state, const ServingCase& serving, double goal) {
  const HeldRequests held(*generated(serving));
  double requests = 0;
  for (auto _ : state) {
    Records records;
    Cluster cluster(setup_of(serving, held.replay(), records));
    cluster.run();
    requests += static_cast<double>(cluster.ledger(0).finished);
  }
  rate(state, requests, goal);
}

// About 90 % of what one replica can serve.
void saturated_replica(benchmark::State& state) { serve(state, {.rate = 30}, 4e6); }
BENCHMARK(saturated_replica)->Unit(benchmark::kMillisecond);

void least_loaded_64_replicas(benchmark::State& state) {
  serve(state, {.rate = 64 * 30, .replicas = 64}, 2e6);
}
BENCHMARK(least_loaded_64_replicas)->Unit(benchmark::kMillisecond);

void vllm_v1_64_replicas(benchmark::State& state) {
  serve(state, {.rate = 64 * 30, .replicas = 64, .batching = "vllm_v1"}, 2e6);
}
BENCHMARK(vllm_v1_64_replicas)->Unit(benchmark::kMillisecond);

// Long answers in a pool that holds a third of what would run: more than one preemption a request.
void preempting_64_replicas(benchmark::State& state) {
  serve(state,
        {.rate = 64 * 4,
         .requests = 300'000,
         .replicas = 64,
         .blocks = 6'000,
         .lengths = "exponential(prompt=600, output=900)"},
        0.5e6);
}
BENCHMARK(preempting_64_replicas)->Unit(benchmark::kMillisecond);

// The first row with caches of a fifth of the prompt, and the rate that this lets a replica serve.
void h2o_saturated_replica(benchmark::State& state) {
  serve(state, {.rate = 44, .token_eviction = "h2o(budget=0.2)"}, 4e6);
}
BENCHMARK(h2o_saturated_replica)->Unit(benchmark::kMillisecond);

// Drawn while they are served: 44 M in 60 s are 0.73 M requests a second.
void streamed_44_million(benchmark::State& state) {
  const ServingCase serving{.rate = 64 * 30, .requests = 44'000'000, .replicas = 64};
  double requests = 0;
  for (auto _ : state) {
    Records records;
    Cluster cluster(setup_of(serving, generated(serving), records));
    cluster.run();
    requests += static_cast<double>(cluster.ledger(0).finished);
  }
  rate(state, requests, 44e6 / 60);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["resident_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}
BENCHMARK(streamed_44_million)->Unit(benchmark::kMillisecond)->Iterations(1);

// Null where the trace is not there.
const HeldRequests* conversation() {
  static const std::unique_ptr<HeldRequests> held = [] {
    TraceReplay replay;
    replay.trace.file = lab::data_file("traces/mooncake/conversation_trace.jsonl.gz").string();
    replay.block_size = 16;
    Issues issues;
    if (!std::filesystem::exists(replay.trace.file)) return std::unique_ptr<HeldRequests>();
    return std::make_unique<HeldRequests>(*replay_trace(replay, issues));
  }();
  return held.get();
}

// Mooncake's conversation trace in blocks of 16 tokens: look-ups and insertions of named blocks.
void prefix_cache(benchmark::State& state, const char* eviction, double goal) {
  const HeldRequests* held = conversation();
  if (held == nullptr) {
    state.SkipWithError("the Mooncake trace is not there");
    return;
  }
  const ServingCase serving{.replicas = 8,
                            .blocks = 27'000,
                            .prefix_cache = true,
                            .eviction = eviction,
                            .batching = "vllm_v1"};
  double accesses = 0;
  for (auto _ : state) {
    Records records;
    Cluster cluster(setup_of(serving, held->replay(), records));
    cluster.run();
    accesses += static_cast<double>(cluster.ledger(0).block_lookups);  // each was found or inserted
  }
  rate(state, accesses, goal);
}
BENCHMARK_CAPTURE(prefix_cache, lru, "lru", 10e6)
    ->Name("mooncake_prefix_cache")
    ->Unit(benchmark::kMillisecond);

// Every other policy whose work a block does not grow with the pool.
const bool registered = [] {
  for (const char* eviction :
       {"arc", "clock", "fifo", "lfu", "lirs", "random", "s3fifo", "segmented_heavy_hitter",
        "sieve", "slru", "two_q", "vllm_free_queue", "w_tinylfu"}) {
    benchmark::RegisterBenchmark((std::string("mooncake_prefix_cache_") + eviction).c_str(),
                                 prefix_cache, eviction, 5e6)
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

}  // namespace
}  // namespace kvern::bench
