// The least loaded replica without a scan, beside a scan.
#include "sim/cluster/load_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/base/random.h"

namespace kvern {
namespace {

TEST(LoadIndex, TheLowestIdAmongTheLeastLoaded) {
  LoadIndex loads(3);
  EXPECT_EQ(loads.least(), 0U);
  loads.set(0, 2);
  EXPECT_EQ(loads.least(), 1U);
  loads.set(1, 5);
  loads.set(2, 2);
  EXPECT_EQ(loads.least(), 0U);
  EXPECT_EQ(loads.total(), 9U);
  loads.set(1, 0);
  EXPECT_EQ(loads.least(), 1U);
  EXPECT_EQ(loads.load(2), 2U);
}

TEST(LoadIndex, FindsWhatAScanFinds) {
  for (const std::uint32_t replicas : {1U, 3U, 64U, 65U, 200U}) {
    LoadIndex loads(replicas);
    std::vector<std::uint32_t> plain(replicas);
    Stream stream(replicas, "load index");
    for (int i = 0; i < 2000; ++i) {
      const auto replica = static_cast<std::uint32_t>(stream.uniform() * replicas);
      plain[replica] = static_cast<std::uint32_t>(stream.uniform() * 9);
      loads.set(replica, plain[replica]);
      ASSERT_EQ(loads.least(), std::min_element(plain.begin(), plain.end()) - plain.begin());
      ASSERT_EQ(loads.total(), std::accumulate(plain.begin(), plain.end(), std::uint64_t{0}));
    }
  }
}

}  // namespace
}  // namespace kvern
