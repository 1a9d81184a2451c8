// Ends keyed by the decode step counter, within the ring and beyond it.
#include "sim/batch/completion_ring.h"

#include <gmock/gmock.h>

#include <map>

#include "sim/base/random.h"

namespace kvern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Ring {
  RequestSlab requests;
  CompletionRing ring{requests};
  std::vector<Slot> at(std::uint64_t step) {
    std::vector<Slot> out;
    ring.collect(step, out);
    return out;
  }
};

TEST(CompletionRing, AnswersComeWhenTheyAreDue) {
  Ring r;
  const Slot a = r.requests.take(), b = r.requests.take();
  EXPECT_EQ(r.ring.steps_to_next(0), CompletionRing::kSize);
  r.ring.insert(a, 7, 0);
  r.ring.insert(b, 70, 0);
  EXPECT_EQ(r.ring.steps_to_next(0), 7U);
  EXPECT_THAT(r.at(6), IsEmpty());
  EXPECT_THAT(r.at(7), ElementsAre(a));
  EXPECT_EQ(r.ring.steps_to_next(7), 63U);
  r.ring.erase(b);
  EXPECT_EQ(r.ring.steps_to_next(7), CompletionRing::kSize);
}

// 10,000 steps are more than the ring has lists: it is looked at again from the last one, twice.
TEST(CompletionRing, WhatLiesBeyondTheRingIsParked) {
  Ring r;
  const Slot far = r.requests.take();
  r.ring.insert(far, 10'000, 0);
  std::uint64_t step = 0;
  std::vector<std::uint64_t> looks;
  while (step < 10'000) {
    step += r.ring.steps_to_next(step);
    looks.push_back(step);
    const auto ended = r.at(step);
    if (step < 10'000) {
      EXPECT_THAT(ended, IsEmpty());
    } else {
      EXPECT_THAT(ended, ElementsAre(far));
    }
  }
  EXPECT_THAT(looks, ElementsAre(4095, 8190, 10'000));
}

TEST(CompletionRing, KeepsWhatAMapKeeps) {
  Ring r;
  std::map<Slot, std::uint64_t> due;
  Stream stream(1, "ring");
  for (std::uint64_t step = 0; step < 30'000; ++step) {
    std::vector<Slot> expected;
    for (const auto& [slot, when] : due) {
      if (when == step) expected.push_back(slot);
    }
    ASSERT_THAT(r.at(step), testing::UnorderedElementsAreArray(expected));
    for (const Slot slot : expected) due.erase(slot), r.requests.give_back(slot);
    if (due.size() < 40 && stream.uniform() < 0.3) {
      const Slot slot = r.requests.take();
      due[slot] = step + 1 + static_cast<std::uint64_t>(stream.uniform() * 9000);
      r.ring.insert(slot, due[slot], step);
    } else if (!due.empty() && stream.uniform() < 0.1) {
      r.ring.erase(due.begin()->first);
      r.requests.give_back(due.begin()->first);
      due.erase(due.begin());
    }
    std::uint64_t next = UINT64_MAX;
    for (const auto& [slot, when] : due) next = std::min(next, when - step);
    ASSERT_LE(r.ring.steps_to_next(step), std::min(next, CompletionRing::kSize));
  }
}

}  // namespace
}  // namespace kvern
