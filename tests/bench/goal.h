// A speed goal beside its benchmark: what `kvern bench` prints a row of.
#pragma once

#include <benchmark/benchmark.h>

namespace kvern::bench {

// `items` done in all of the benchmark's timed iterations; the goal is a rate in items a second.
inline void rate(benchmark::State& state, double items, double goal) {
  state.counters["rate"] = benchmark::Counter(items, benchmark::Counter::kIsRate);
  state.counters["goal"] = goal;
}

}  // namespace kvern::bench
