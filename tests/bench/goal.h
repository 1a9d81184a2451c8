// A speed goal beside its benchmark: what `kvern bench` prints a row of.
#pragma once

#include <benchmark/benchmark.h>

#include "tests/bench/reference.h"

namespace kvern::bench {

// `items` done in all of the benchmark's timed iterations; the goal is a rate in items a second on
// the machine of the goals. Called at the end of the row, so that its reference is of that minute.
inline void rate(benchmark::State& state, double items, double goal,
                 const Reference& reference = events()) {
  state.counters["rate"] = benchmark::Counter(items, benchmark::Counter::kIsRate);
  state.counters["goal"] = goal;
  state.counters["reference"] = reference.rate;
  state.counters["goal_ratio"] = goal / reference.at_goals;
}

}  // namespace kvern::bench
