// The serving machine, one core, request rows and buckets off.
#include <sys/resource.h>

#include "tests/bench/goal.h"
#include "tests/bench/serving_cases.h"

namespace kvern::bench {
namespace {

void run_case(benchmark::State& state, const ServingCase& serving, double goal) {
  double requests = 0;
  for (auto _ : state) {
    Records records;
    Cluster cluster(setup_of(serving, records));
    cluster.run();
    requests += static_cast<double>(cluster.ledger(0).finished);
  }
  rate(state, requests, goal);
}

// About 90 % of what one replica can serve.
void saturated_replica(benchmark::State& state) { run_case(state, {.rate = 30}, 4e6); }
BENCHMARK(saturated_replica)->Unit(benchmark::kMillisecond);

void least_loaded_64_replicas(benchmark::State& state) {
  run_case(state, {.rate = 64 * 30, .replicas = 64}, 2e6);
}
BENCHMARK(least_loaded_64_replicas)->Unit(benchmark::kMillisecond);

// Long answers in a pool that holds a third of what would run: more than two preemptions a request.
void preempting_64_replicas(benchmark::State& state) {
  run_case(state,
           {.rate = 64 * 4,
            .requests = 300'000,
            .replicas = 64,
            .blocks = 6'000,
            .lengths = "exponential(prompt=600, output=900)"},
           0.5e6);
}
BENCHMARK(preempting_64_replicas)->Unit(benchmark::kMillisecond);

void vllm_v1_64_replicas(benchmark::State& state) {
  run_case(state, {.rate = 64 * 30, .replicas = 64, .batching = "vllm_v1"}, 2e6);
}
BENCHMARK(vllm_v1_64_replicas)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kvern::bench

BENCHMARK_MAIN();
