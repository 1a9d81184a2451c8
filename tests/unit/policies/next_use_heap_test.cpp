#include "policies/parts/blocks/next_use_heap.h"

#include <gtest/gtest.h>

#include <map>

#include "sim/base/random.h"

namespace kvern {

// Against a plain search, with many more changes of keys than the heap has room for.
TEST(NextUseHeap, TheFarthestUseIsFound) {
  constexpr std::uint32_t kBlocks = 50;
  NextUseHeap heap;
  heap.prepare(kBlocks);
  std::map<std::uint32_t, std::uint64_t> shown;
  Stream stream(1, "next use");
  for (std::uint64_t now = 1; now < 20'000; ++now) {
    const auto block = static_cast<std::uint32_t>(stream.uniform() * kBlocks);
    const double choice = stream.uniform();
    if (choice < 0.2) {
      heap.hide(block);
      shown.erase(block);
    } else {
      if (heap.full()) heap.rebuild();
      const std::uint64_t next =
          choice < 0.3 ? kNoNextUse : now + 1 + static_cast<std::uint64_t>(stream.uniform() * 100);
      heap.show(block, next);
      shown[block] = next;
    }
    std::uint64_t farthest = 0;
    for (const auto& [other, next] : shown) farthest = std::max(farthest, next);
    const std::uint32_t found = heap.farthest();
    ASSERT_EQ(found == UINT32_MAX, shown.empty());
    if (shown.empty()) continue;
    ASSERT_EQ(shown.at(found), farthest);
  }
}

}  // namespace kvern
