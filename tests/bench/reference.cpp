#include "tests/bench/reference.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <queue>
#include <utility>
#include <vector>

#include "models/transformer/linear_algebra.h"

namespace kvern::bench {
namespace {

constexpr double kLeast_s = 0.1;

// The machine of the goals (tests/README.md) wasn't there when the references were written. Both
// are inferred: what it reached in the four serving rows over the ratios of these rows on another
// machine (19 to 29 M, the middle); and the 159 GFLOP/s of its dense forward on two cores, nine
// tenths of what the BLAS alone does.
constexpr double kEventsAtGoals = 24e6;
constexpr double kProductsAtGoals = 175e9;

// Of this thread: what others take of the core doesn't count, as in the rows.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double wall_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

// Calls `work`, which does `items`, for a tenth of a second of `clock` at least.
template <class Work>
double rate_of(double items, double (*clock)(), const Work& work) {
  work();  // its memory is there
  const double begin = clock();
  double done = 0;
  double seconds = 0;
  while (seconds < kLeast_s) {
    work();
    done += items;
    seconds = clock() - begin;
  }
  return done / seconds;
}

class EventLoop {
 public:
  EventLoop() : table_(1U << 20) {
    for (std::uint32_t lane = 0; lane < 64; ++lane) queue_.emplace(lane, lane);
  }
  void run(std::uint32_t events) {
    for (std::uint32_t i = 0; i < events; ++i) {
      const auto [time, lane] = queue_.top();
      queue_.pop();
      hash_ = (hash_ ^ time) * 0x9e3779b97f4a7c15;
      hash_ ^= hash_ >> 29;
      std::uint32_t& first = table_[hash_ & kMask];
      std::uint32_t& second = table_[(first ^ (hash_ >> 32)) & kMask];
      second += lane;
      first += 1 + (second & 7);
      queue_.emplace(time + 1 + (hash_ & 1023), lane);
    }
    benchmark::DoNotOptimize(hash_);
  }

 private:
  static constexpr std::uint64_t kMask = (1U << 20) - 1;
  using Event = std::pair<std::uint64_t, std::uint32_t>;  // time, lane
  std::priority_queue<Event, std::vector<Event>, std::greater<>> queue_;
  std::vector<std::uint32_t> table_;
  std::uint64_t hash_ = 1;
};

}  // namespace

Reference events() {
  static EventLoop loop;
  constexpr std::uint32_t kEvents = 100'000;
  return {rate_of(kEvents, thread_seconds, [] { loop.run(kEvents); }), kEventsAtGoals};
}

Reference products(WorkerPool& pool) {
  constexpr std::size_t kSize = 512;
  const std::vector<float> ones(kSize * kSize, 1);
  const Matrix a{ones.data(), kSize, kSize, kSize};
  std::vector<std::vector<float>> results(pool.threads(), std::vector<float>(kSize * kSize));
  const double flops = 2.0 * kSize * kSize * kSize * pool.threads();
  const auto one_a_thread = [&] {
    pool.run(results.size(), [&](std::size_t i) { multiply(a, a, results[i].data(), kSize); });
  };
  return {rate_of(flops, wall_seconds, one_a_thread), kProductsAtGoals};
}

}  // namespace kvern::bench
