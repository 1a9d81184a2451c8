#include "sim/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace kvern {
namespace {

TEST(WorkerPool, DoesEveryTaskOnce) {
  for (const unsigned threads : {1U, 2U, 5U}) {
    WorkerPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (std::size_t round = 0; round < 300; ++round) {
      std::vector<int> times(round);
      pool.run(round, [&](std::size_t i) { ++times[i]; });
      EXPECT_EQ(times, std::vector<int>(round, 1));
    }
  }
}

// Nothing is begun after it, and the pool goes on with the next call.
TEST(WorkerPool, AnExceptionOfATaskComesOut) {
  for (const unsigned threads : {1U, 4U}) {
    WorkerPool pool(threads);
    EXPECT_THROW(pool.run(100,
                          [](std::size_t i) {
                            if (i == 3) throw std::runtime_error("three");
                          }),
                 std::runtime_error);
    std::atomic<int> done{0};
    pool.run(10, [&](std::size_t) { ++done; });
    EXPECT_EQ(done, 10);
  }
}

TEST(WorkerPool, AnInterruptStopsIt) {
  std::atomic<bool> flag{false};
  WorkerPool pool(2, Interrupt(flag));
  std::atomic<int> done{0};
  EXPECT_THROW(pool.run(1000,
                        [&](std::size_t) {
                          if (++done == 5) flag = true;
                        }),
               Interrupted);
  EXPECT_LT(done, 10);
}

TEST(WorkerPool, TakesTheMachinesCoresWhereNoneAreNamed) { EXPECT_GE(WorkerPool(0).threads(), 1U); }

}  // namespace
}  // namespace kvern
