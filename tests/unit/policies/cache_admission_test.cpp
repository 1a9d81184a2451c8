#include <gtest/gtest.h>

#include "policies/cache_admission.h"

namespace kvern {
namespace {

std::unique_ptr<CacheAdmission> made(const std::string& text, std::uint32_t capacity) {
  Issues issues;
  auto policy = make_policy(cache_admission::table(), "cache_admission",
                            parse_policy(text, {}, issues), "test", issues);
  EXPECT_EQ(issues.text(), "");
  policy->prepare(capacity, {});
  return policy;
}

bool asks(CacheAdmission& policy, std::uint64_t content, std::uint64_t victim = kNoContent) {
  BlockInfo info;
  info.content = content;
  policy.asked(content, 0);
  return policy.keeps(info, victim, 0);
}

TEST(CacheAdmission, AlwaysKeeps) { EXPECT_TRUE(asks(*made("always", 4), 7)); }

// Room for 2 x 1 contents: 7 and 8 are remembered; 9 pushes 7 out, so 7 comes for the first time
// again (and pushes 8 out), while 9 is known.
TEST(CacheAdmission, SecondAccessForgetsTheOldest) {
  const auto policy = made("second_access(history=2)", 1);
  EXPECT_FALSE(asks(*policy, 7));
  EXPECT_FALSE(asks(*policy, 8));
  EXPECT_TRUE(asks(*policy, 7));
  EXPECT_FALSE(asks(*policy, 9));
  EXPECT_FALSE(asks(*policy, 7));
  EXPECT_TRUE(asks(*policy, 9));
}

// Counts 2 against 1 win, 2 against 2 do not; with room everything is kept.
TEST(CacheAdmission, TinyLfuComparesWithTheVictim) {
  const auto policy = made("tiny_lfu", 100);
  EXPECT_TRUE(policy->compares());
  EXPECT_TRUE(asks(*policy, 1));
  EXPECT_FALSE(asks(*policy, 2, 1));
  EXPECT_TRUE(asks(*policy, 2, 1));
  EXPECT_FALSE(asks(*policy, 1, 2));
}

// A capacity of 1 halves counts after 10: content 5 has 9 after nine questions, (9 + 1) / 2 = 5
// after the tenth. Content 6 then needs 6 questions to win.
TEST(CacheAdmission, TinyLfuForgets) {
  const auto policy = made("tiny_lfu", 1);
  for (int i = 0; i < 10; ++i) policy->asked(5, 0);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(asks(*policy, 6, 5)) << i;
  // The fifth is the tenth of the second sample: 6 has 5 / 2 = 2, and 5 has 2.
  EXPECT_FALSE(asks(*policy, 6, 5));
  EXPECT_TRUE(asks(*policy, 6, 5));
}

TEST(CacheAdmission, SizeLooksAtPromptAndBlock) {
  const auto policy = made("size(most_tokens=100, most_bytes=4 kB)", 1);
  BlockInfo info;
  info.request_tokens = 100;
  info.bytes = 4000;
  EXPECT_TRUE(policy->keeps(info, kNoContent, 0));
  info.bytes = 4001;
  EXPECT_FALSE(policy->keeps(info, kNoContent, 0));
  info.bytes = 1;
  info.request_tokens = 101;
  EXPECT_FALSE(policy->keeps(info, kNoContent, 0));
}

// 10,000 draws of probability .3: the sd is sqrt(10000 x .3 x .7) = 46, four of them are 183. The
// same seed gives the same answers, another one others.
TEST(CacheAdmission, ProbabilityIsSeeded) {
  const auto answers = [](const std::string& text) {
    std::vector<bool> kept;
    const auto policy = made(text, 1);
    for (int i = 0; i < 10'000; ++i) kept.push_back(asks(*policy, 1));
    return kept;
  };
  const auto kept = answers("probability(share=0.3)");
  EXPECT_NEAR(static_cast<double>(std::count(kept.begin(), kept.end(), true)), 3000, 183);
  EXPECT_EQ(kept, answers("probability(share=0.3)"));
  EXPECT_NE(kept, answers("probability(share=0.3, seed=2)"));
}

}  // namespace
}  // namespace kvern
