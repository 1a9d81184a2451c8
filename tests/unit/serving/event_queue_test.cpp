// The tournament over the replicas' next ends, beside a plain search.
#include "sim/cluster/event_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/base/random.h"

namespace kvern {
namespace {

TEST(EventQueue, TiesGoToTheLowestId) {
  EventQueue queue(3);
  EXPECT_EQ(queue.next_time(), kNever);
  queue.set(2, 50);
  queue.set(1, 50);
  EXPECT_EQ(queue.next(), 1U);
  queue.set(0, 51);
  EXPECT_EQ(queue.next_time(), 50);
  queue.set(1, kNever);
  EXPECT_EQ(queue.next(), 2U);
}

TEST(EventQueue, FindsWhatASearchFinds) {
  for (const std::uint32_t replicas : {1U, 2U, 5U, 64U, 100U}) {
    EventQueue queue(replicas);
    std::vector<SimTime> times(replicas, kNever);
    Stream stream(replicas, "event queue");
    for (int i = 0; i < 2000; ++i) {
      const auto replica = static_cast<std::uint32_t>(stream.uniform() * replicas);
      const bool never = stream.uniform() < 0.2;
      times[replica] = never ? kNever : static_cast<SimTime>(stream.uniform() * 40);
      queue.set(replica, times[replica]);
      const auto first = std::min_element(times.begin(), times.end());
      ASSERT_EQ(queue.next_time(), *first);
      ASSERT_EQ(queue.next(), first - times.begin());
    }
  }
}

}  // namespace
}  // namespace kvern
