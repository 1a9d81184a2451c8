// Policies with a memory beside plain statements of their definitions, access by access: random
// traces, caches from one block on, memories from nothing on.
#include "tests/unit/eviction/reference_caches.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "policies/eviction.h"

namespace kvern {
namespace {

using reference::Found;
using reference::Ids;

// What a cache-only replay does; `tells`: wants() is asked before a victim, else never, as in GPU
// memory.
Found served(const std::string& text, std::uint32_t capacity, const Ids& ids, bool tells = true) {
  Issues issues;
  const auto policy =
      make_policy(eviction::table(), "eviction", parse_policy(text, {}, issues), "", issues);
  EXPECT_FALSE(issues.any_error()) << issues.text();
  policy->prepare(capacity, {});
  std::vector<std::uint32_t> slots;
  Found found;
  SimTime now = 0;
  for (const std::uint32_t id : ids) {
    ++now;
    const auto at = std::find(slots.begin(), slots.end(), id);
    auto slot = static_cast<std::uint32_t>(at - slots.begin());
    found.push_back(at != slots.end());
    if (found.back()) {
      policy->touched(BlockId{slot}, now);
      continue;
    }
    const BlockInfo info{.content = id, .tokens = 16};
    if (slots.size() < capacity) {
      slots.push_back(id);
    } else {
      if (tells) policy->wants(info, now);
      slot = index(policy->victim(now));
      policy->removed(BlockId{slot});
      slots[slot] = id;
    }
    policy->inserted(BlockId{slot}, info, now);
  }
  return found;
}

constexpr std::uint32_t kAccesses = 2'000;

// A few favourites, which change, among many others.
Ids random_trace(std::uint64_t seed, std::uint32_t capacity) {
  Stream stream(seed, "test.reference");
  Ids ids;
  const auto below = [&stream](std::uint32_t n) {
    return static_cast<std::uint32_t>(stream.bits() >> 33) % n;
  };
  for (std::uint32_t i = 0; i < kAccesses; ++i) {
    const std::uint32_t shift = i / 500 * (capacity / 2 + 1);
    ids.push_back(below(2) == 0 ? shift + below(capacity + 1) : below(3 * capacity + 4));
  }
  return ids;
}

constexpr std::uint32_t kCapacities[] = {1, 2, 3, 4, 5, 7, 10, 16, 33};

template <class Expected>
void compare(const std::string& policy, const Expected& expected, bool tells = true) {
  for (const std::uint32_t capacity : kCapacities) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      const Ids ids = random_trace(seed, capacity);
      const Found ours = served(policy, capacity, ids, tells);
      const Found right = expected(ids, capacity);
      const auto differ = std::mismatch(ours.begin(), ours.end(), right.begin());
      ASSERT_EQ(differ.first - ours.begin(), std::ptrdiff_t{kAccesses})
          << policy << ", capacity " << capacity << ", trace " << seed;
    }
  }
}

std::size_t part(double share, std::size_t capacity) {
  return static_cast<std::size_t>(share * static_cast<double>(capacity));
}

}  // namespace

TEST(EvictionReference, LruK) {
  for (const double share : {0.0, 0.1, 0.5, 1.0}) {
    for (const std::size_t k : {1U, 2U, 3U}) {
      for (const bool tells : {true, false}) {
        compare(
            fmt::format("lru_k(k={}, ghost_share={})", k, share),
            [&](const Ids& ids, std::size_t c) {
              return reference::lru_k(ids, c, k, part(share, c));
            },
            tells);
      }
    }
  }
}

TEST(EvictionReference, Arc) { compare("arc", reference::arc); }

TEST(EvictionReference, TwoQ) {
  for (const double out : {0.0, 0.1, 0.5, 1.0}) {
    for (const bool tells : {true, false}) {
      compare(
          fmt::format("two_q(in_share=0.25, out_share={})", out),
          [&](const Ids& ids, std::size_t c) {
            return reference::two_q(ids, c, part(.25, c), part(out, c));
          },
          tells);
    }
  }
}

TEST(EvictionReference, S3Fifo) {
  for (const double ghosts : {0.0, 0.1, 0.9}) {
    for (const bool tells : {true, false}) {
      compare(
          fmt::format("s3fifo(small_share=0.1, ghost_share={})", ghosts),
          [&](const Ids& ids, std::size_t c) {
            return reference::s3fifo(ids, c, part(.1, c), part(ghosts, c));
          },
          tells);
    }
  }
}

TEST(EvictionReference, Lirs) {
  for (const double hir : {0.01, 0.3}) {
    for (const double stack : {1.0, 1.3, 2.0}) {
      compare(fmt::format("lirs(hir_share={}, stack={})", hir, stack),
              [&](const Ids& ids, std::size_t c) {
                const std::size_t own = std::min(c, std::max<std::size_t>(1, part(hir, c)));
                return reference::Lirs(c - own, part(stack, c)).run(ids, c);
              });
    }
  }
}

TEST(EvictionReference, Slru) {
  for (const double share : {0.0, 0.5, 0.8, 1.0}) {
    compare(fmt::format("slru(protected_share={})", share),
            [&](const Ids& ids, std::size_t c) { return reference::slru(ids, c, part(share, c)); });
  }
}

// Blocks alike in cost and size.
TEST(EvictionReference, GreedyDual) {
  for (const char* policy : {"lfuda", "gdsf", "pgdsf"}) compare(policy, reference::lfuda);
}

TEST(EvictionReference, ClockAndSieve) {
  compare("clock",
          [](const Ids& ids, std::size_t c) { return reference::second_chance(ids, c, false); });
  compare("sieve",
          [](const Ids& ids, std::size_t c) { return reference::second_chance(ids, c, true); });
}

// The newcomer's own history, not the last of the list, is what counts: of 1 0 0 0 0 3 2 3 4 2 1 3
// in two blocks 3 accesses find theirs.
TEST(EvictionReference, MakingAPlaceForgetsNothingOfWhoTakesIt) {
  const Found found = served("lru_k", 2, {1, 0, 0, 0, 0, 3, 2, 3, 4, 2, 1, 3});
  EXPECT_EQ(std::count(found.begin(), found.end(), true), 3);
}

// Public test input: 5,445 accesses, of which SIEVE with ten blocks finds 21.
TEST(EvictionReference, ASlidingWindowThatSieveIsBadAt) {
  Ids ids;
  for (std::uint32_t i = 10; i < 1000; i += 2) {
    for (std::uint32_t back = 10; back > 1; --back) ids.push_back(i - back);
    ids.push_back(i);
    ids.push_back(i + 1);
  }
  ASSERT_EQ(ids.size(), 5'445U);
  const Found found = served("sieve", 10, ids);
  EXPECT_EQ(std::count(found.begin(), found.end(), true), 21);
}

}  // namespace kvern
