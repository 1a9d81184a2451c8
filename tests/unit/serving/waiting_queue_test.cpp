#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "sim/base/random.h"
#include "sim/batch/queues.h"
#include "sim/cluster/leavers.h"
#include "sim/kv/prefix_index.h"

namespace kvern {
namespace {

std::vector<Slot> walk(const WaitingQueue& queue) {
  std::vector<Slot> slots;
  for (Slot slot = queue.first(); slot != kNoSlot; slot = queue.after(slot)) slots.push_back(slot);
  return slots;
}

std::vector<Slot> walk_back(const WaitingQueue& queue) {
  std::vector<Slot> slots;
  for (Slot slot = queue.last(); slot != kNoSlot; slot = queue.before(slot)) slots.push_back(slot);
  return slots;
}

TEST(WaitingQueue, KeepsItsOrderAroundThoseWhoLeave) {
  RequestSlab requests;
  WaitingQueue queue(requests);
  for (int i = 0; i < 5; ++i) queue.push_back(requests.take());
  queue.remove(2);
  EXPECT_EQ(walk(queue), (std::vector<Slot>{0, 1, 3, 4}));
  EXPECT_EQ(queue.at(2), 3U);
  queue.push_front(2);
  queue.remove_at(2);  // 1, behind two who stay
  EXPECT_EQ(walk(queue), (std::vector<Slot>{2, 0, 3, 4}));
  queue.remove(4);
  EXPECT_EQ(queue.last(), 3U);
  EXPECT_EQ(walk_back(queue), (std::vector<Slot>{3, 0, 2}));
  queue.pop_front();
  EXPECT_EQ(queue.front(), 0U);
  EXPECT_EQ(queue.count(), 2U);
}

// Beside a plain list, through growth, holes and closing up.
TEST(WaitingQueue, IsWhatAListWouldBe) {
  Stream draws(1, "waiting");
  RequestSlab requests;
  WaitingQueue queue(requests);
  std::deque<Slot> list;
  for (int turn = 0; turn < 20'000; ++turn) {
    const double what = draws.uniform();
    const auto any = static_cast<std::size_t>(draws.uniform() * static_cast<double>(list.size()));
    if (list.empty() || what < (turn % 4000 < 2000 ? 0.6 : 0.3)) {
      const Slot slot = requests.take();
      if (what < 0.1) {
        queue.push_front(slot);
        list.push_front(slot);
      } else {
        queue.push_back(slot);
        list.push_back(slot);
      }
    } else {
      const Slot slot = list[any];
      if (what < 0.9) {
        queue.remove(slot);
      } else {
        queue.remove_at(static_cast<std::uint32_t>(any));
      }
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(any));
      requests.give_back(slot);
    }
    ASSERT_EQ(queue.count(), list.size());
    if (!list.empty()) {
      ASSERT_EQ(queue.front(), list.front());
      ASSERT_EQ(queue.last(), list.back());
      const auto some = static_cast<std::uint32_t>(any % list.size());
      ASSERT_EQ(queue.at(some), list[some]);
    }
    if (turn % 100 == 0) {
      ASSERT_EQ(walk(queue), std::vector<Slot>(list.begin(), list.end()));
    }
  }
}

// From the middle outwards, none looks at the others: 10^12 looks would not end.
TEST(WaitingQueue, AMillionLeaveOneByOne) {
  constexpr Slot kMany = 1'000'000;
  RequestSlab requests;
  WaitingQueue queue(requests);
  for (Slot i = 0; i < kMany; ++i) queue.push_back(requests.take());
  for (Slot i = 0; i < kMany / 2; ++i) {
    queue.remove(kMany / 2 + i);
    queue.remove(kMany / 2 - 1 - i);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.last(), kNoSlot);
}

TEST(Leavers, ComeInOrderOfTimeThenId) {
  Leavers leavers;
  EXPECT_EQ(leavers.next_time(), kNever);
  leavers.add(RequestId{5}, 70, 1, 50);
  leavers.add(RequestId{4}, 70, 2, 40);
  leavers.add(RequestId{3}, 60, 3, 30);
  leavers.add(RequestId{9}, 90, 0, 90);
  EXPECT_EQ(leavers.pop().request, 3U);
  EXPECT_EQ(leavers.next_time(), 70);
  const Leavers::Leaver next = leavers.pop();
  EXPECT_EQ(next.request, 4U);
  EXPECT_EQ(next.replica, 2U);
  EXPECT_EQ(next.slot, 40U);
  leavers.left(5);  // answered before its client lost patience
  EXPECT_EQ(leavers.next_time(), 90);
  leavers.left(5);
  leavers.left(9);
  EXPECT_EQ(leavers.next_time(), kNever);
}

// Two blocks of one name: the first named is found, also after the table has grown.
TEST(PrefixIndex, TheFirstNamedIsFoundHoweverItGrows) {
  PrefixIndex index;
  EXPECT_EQ(index.find(3), kNoBlock);
  index.reach(4);
  index.insert(2, 77);
  index.insert(0, 77);
  index.insert(1, 5);
  EXPECT_EQ(index.find(77), 2U);
  for (std::uint32_t blocks = 8; blocks <= 4096; blocks *= 2) {
    index.reach(blocks);
    index.insert(blocks - 1, blocks);
    EXPECT_EQ(index.find(77), 2U);
  }
  EXPECT_EQ(index.find(64), 63U);
  index.erase(2);
  EXPECT_EQ(index.find(77), 0U);
  index.erase(0);
  EXPECT_EQ(index.find(77), kNoBlock);
}

}  // namespace
}  // namespace kvern
