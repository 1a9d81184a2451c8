#include <gtest/gtest.h>

#include "sim/kv/block_worth.h"
#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

// Blocks of 4 tokens; `count` times the same prompt of two, far apart. A full hit computes the last
// block again.
std::vector<std::uint32_t> cached_tokens(Lab lab, SimTime count) {
  lab.block_size = 4;
  lab.prefix_cache = true;
  for (SimTime i = 0; i < count; ++i) lab.requests.push_back({i * kSecond, 8, 1, {7, 8}});
  const auto outcome = run(lab);
  std::vector<std::uint32_t> cached;
  for (const RequestRow& row : outcome->requests) cached.push_back(row.cached_tokens);
  return cached;
}

}  // namespace

// Refused after the first request, kept after the second, found by the third. The same with a
// policy that queues unnamed blocks (lru) and one that does not (fifo).
TEST(KvPoolAdmission, WhatIsRefusedIsNotFound) {
  for (const char* eviction : {"lru", "fifo"}) {
    Lab lab;
    lab.eviction = eviction;
    EXPECT_EQ(cached_tokens(lab, 3), (std::vector<std::uint32_t>{0, 4, 4}));
    lab.cache_admission = "second_access";
    EXPECT_EQ(cached_tokens(lab, 3), (std::vector<std::uint32_t>{0, 0, 4}));
    lab.cache_admission = "size(most_tokens=7)";
    EXPECT_EQ(cached_tokens(lab, 3), (std::vector<std::uint32_t>{0, 0, 0}));
  }
}

// Three blocks. 7 is asked for twice; 2 (one use) would displace 1 (one use) and is refused. {5, 6}
// takes the place of 2, then of 1. 6, the end, is free first: 7 would go for it, which has two
// uses: refused. Its place is room for 5. So the last prompt finds 5, not 6; without admission it
// finds both.
TEST(KvPoolAdmission, TinyLfuComparesWithTheNextVictim) {
  Lab lab;
  lab.blocks = 3;
  lab.block_size = 4;
  lab.prefix_cache = true;
  lab.requests = {{0, 8, 1, {7, 1}},
                  {1 * kSecond, 8, 1, {7, 2}},
                  {2 * kSecond, 8, 1, {5, 6}},
                  {3 * kSecond, 12, 1, {5, 6, 4}}};
  EXPECT_EQ(run(lab)->requests[3].cached_tokens, 8U);
  lab.cache_admission = "tiny_lfu";
  EXPECT_EQ(run(lab)->requests[3].cached_tokens, 4U);
}

// 2048 us a step and 1 us a token: a chunk of 2048 tokens takes 4096 us, a block of 16 its 128th
// part, 32 us, wherever it stands.
TEST(BlockWorth, IsItsShareOfAPrefillStep) {
  Lab lab;
  lab.cost = "affine(a=2048 us, b=1 us, c=0 us, d=0 ns)";
  Records records;
  ClusterSetup setup = setup_of(lab, records);
  const BlockWorth worth =
      block_worth(*setup.pools[0].step_cost, *setup.pools[0].power, 16, 2048, 1000);
  EXPECT_EQ(worth.bytes, 1000U);
  EXPECT_EQ(worth.recompute_ns(0), 32'000U);
  EXPECT_EQ(worth.recompute_ns(1000), 32'000U);
}

}  // namespace kvern::lab
