#include "sim/base/worker_pool.h"

#include <gtest/gtest.h>

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

TEST(WorkerPool, TakesTheMachinesCoresWhereNoneAreNamed) { EXPECT_GE(WorkerPool(0).threads(), 1U); }

}  // namespace
}  // namespace kvern
