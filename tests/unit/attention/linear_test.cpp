#include <gtest/gtest.h>

#include "tests/lab/recordings.h"

namespace kvern {
namespace {

// Linear attention carries a state of dim x (dim + 1) numbers instead of a cache. Its output is the
// one over all pairs: with everything read there is no error but rounding.
TEST(LinearForm, TheRunningStateIsTheSumOverPairs) {
  const auto text = lab::random_text({.tokens = 40, .prompt = 10, .kv_heads = 2, .group = 2});
  const HeadReplay head = lab::replay_head(text, "full", {AttentionForm::Linear, 2});
  EXPECT_EQ(head.rows, 60U);
  EXPECT_NEAR(head.recall_min, 1, 1e-12);
  EXPECT_NEAR(head.error_sum, 0, 1e-12);
  // 30 steps, 8 x 9 numbers of 2 bytes.
  EXPECT_EQ(head.work.bytes_read, 30U * 72 * 2);
  EXPECT_EQ(head.work.bytes_written, 30U * 72 * 2);
  // A step: 2 x 72 to add the token, 2 x 72 + 8 divisions a query head.
  EXPECT_EQ(head.work.flops, 30U * (144 + 2 * (144 + 8)));
}

}  // namespace
}  // namespace kvern
