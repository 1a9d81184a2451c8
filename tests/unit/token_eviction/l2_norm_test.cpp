#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// Norms 3 1 2 5 1 2: at step 2 (size 2) token 0 goes, then 3, then 2, then the newest of 1 4 5.
TEST(L2Norm, TheHighestNormGoes) {
  auto text = lab::random_text({.tokens = 6, .kv_heads = 1, .group = 1, .dim = 1});
  text.layers[0].k = {3, 1, -2, 5, 1, 2};
  EXPECT_THAT(lab::replay_head(text, "l2_norm(size=2)").kept, ElementsAre(1, 4));
  EXPECT_EQ(lab::replay_head(text, "l2_norm(size=2, skip_layers=1)").kept.size(), 6U);
  // Equal norms: the lowest index goes.
  text.layers[0].k = {1, 1, 1, 1, 1, 1};
  EXPECT_THAT(lab::replay_head(text, "l2_norm(size=2)").kept, ElementsAre(4, 5));
}

}  // namespace kvern
