#include <gtest/gtest.h>

#include "tests/lab/serving_lab.h"

namespace kvern::lab {
namespace {

Lab small(bool any_block) {
  Lab lab;
  lab.block_size = 4;
  lab.prefix_cache = true;
  lab.any_block = any_block;
  return lab;
}

}  // namespace

// Prompts of three blocks; the second shares the first and the last with the one before. An engine
// finds what comes before the first missing block. The last block is computed again though it is
// there: a fourth block makes it count.
TEST(AnyBlock, FindsWhatLiesBehindAGap) {
  for (const bool any : {false, true}) {
    Lab lab = small(any);
    lab.requests = {{0, 16, 1, {1, 2, 3, 4}}, {kSecond, 16, 1, {1, 9, 3, 4}}};
    EXPECT_EQ(run(lab)->requests[1].cached_tokens, any ? 8U : 4U);
  }
}

// The computed block 9 gets its own name, not that of the place where it was computed: the third
// request finds all three blocks before its last.
TEST(AnyBlock, NamesGoByThePlaceInThePrompt) {
  Lab lab = small(true);
  lab.requests = {
      {0, 16, 1, {1, 2, 3, 4}}, {kSecond, 16, 1, {1, 9, 3, 4}}, {2 * kSecond, 16, 1, {1, 9, 3, 5}}};
  EXPECT_EQ(run(lab)->requests[2].cached_tokens, 12U);
  lab.any_block = false;
  EXPECT_EQ(run(lab)->requests[2].cached_tokens, 12U);
}

// Five blocks. The second request holds 3 4 (found), then 1 2 (computed). Its blocks are freed from
// the end of its prompt on, as always: of 1 2 3 4 and the unnamed one, the third request, which
// needs three, takes the unnamed one, 4 and 3. The fourth finds 1 and 2.
TEST(AnyBlock, TheEndOfThePromptIsFreeFirst) {
  Lab lab = small(true);
  lab.blocks = 5;
  lab.requests = {{0, 12, 1, {3, 4, 7}},
                  {kSecond, 17, 1, {1, 2, 3, 4}},
                  {2 * kSecond, 12, 1, {20, 21, 22}},
                  {3 * kSecond, 12, 1, {1, 2, 8}}};
  const auto outcome = run(lab);
  EXPECT_EQ(outcome->requests[1].cached_tokens, 8U);
  EXPECT_EQ(outcome->requests[3].cached_tokens, 8U);
}

}  // namespace kvern::lab
