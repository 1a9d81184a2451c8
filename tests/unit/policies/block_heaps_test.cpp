#include "policies/parts/blocks/block_heaps.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/base/random.h"

namespace kvern {

// Against sorted sets: 20,000 random pushes, updates and removals in three heaps.
TEST(BlockHeaps, TheSmallestKeyIsOnTop) {
  constexpr std::uint32_t kBlocks = 200;
  BlockHeaps<std::uint64_t> heaps;
  heaps.prepare(kBlocks, 3);
  std::vector<std::set<std::pair<std::uint64_t, std::uint32_t>>> expected(3);
  Stream stream(1, "heaps");
  for (int i = 0; i < 20'000; ++i) {
    const auto block = static_cast<std::uint32_t>(stream.uniform() * kBlocks);
    const std::uint32_t heap = block % 3;
    const std::uint64_t key = stream.bits() >> 40;
    if (heaps.holds(block)) expected[heap].erase({heaps.key(block), block});
    if (stream.uniform() < 0.4) {
      heaps.remove(block, heap);
    } else {
      heaps.update(block, key, heap);
      expected[heap].insert({key, block});
    }
    for (std::uint32_t h = 0; h < 3; ++h) {
      ASSERT_EQ(heaps.top(h) == heaps.kNone, expected[h].empty());
      if (expected[h].empty()) continue;
      ASSERT_EQ(heaps.key(heaps.top(h)), expected[h].begin()->first);
    }
  }
}

}  // namespace kvern
