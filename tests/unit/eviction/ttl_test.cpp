#include "tests/unit/eviction/chain_cache.h"

namespace kvern {

namespace {

// A is used three times at 0 s, B once at 5 s; by frequency B goes.
std::string evicted(SimTime when) {
  ChainCache cache("ttl(lfu, after=10 s)", 2);
  for (int i = 0; i < 3; ++i) cache.serve("A", 0);
  cache.serve("B", 5 * kSecond);
  return cache.serve("C", when);
}

}  // namespace

TEST(Ttl, WhatHasExpiredGoesFirst) {
  EXPECT_EQ(evicted(10 * kSecond - 1), "B");
  EXPECT_EQ(evicted(10 * kSecond), "A");
}

TEST(Ttl, NeedsAPolicyToWrap) {
  Issues issues;
  EXPECT_EQ(make_policy(eviction::table(), "eviction", parse_policy("ttl", {}, issues), "", issues),
            nullptr);
  EXPECT_TRUE(issues.any_error());
}

}  // namespace kvern
