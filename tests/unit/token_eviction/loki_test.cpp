#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "policies/parts/tokens/principal_axes.h"
#include "sim/base/exact_math.h"
#include "tests/lab/recordings.h"

namespace kvern {

// Keys along (1, 1) with a little along (1, -1): the first direction is (1, 1) / sqrt 2.
TEST(PrincipalAxes, ByFallingSpread) {
  auto text = lab::random_text({.tokens = 4, .prompt = 4, .kv_heads = 1, .group = 1, .dim = 2});
  text.layers[0].k = {3, 3, -3, -3, 1, -1, -1, 1};
  const TokenLayer layer = token_layer(text.sequence, text.layers[0], 0);
  const auto axes = token_eviction::principal_axes(layer.vectors, 0, 4);
  EXPECT_NEAR(std::abs(axes[0]), std::sqrt(.5), 1e-12);
  EXPECT_NEAR(axes[0], axes[1], 1e-12);
  EXPECT_NEAR(axes[2], -axes[3], 1e-12);
}

// 16 random dimensions: directions are orthogonal, and scores with all of them are exact.
TEST(PrincipalAxes, AreOrthogonal) {
  const auto text = lab::random_text({.tokens = 40, .prompt = 40, .kv_heads = 1, .dim = 16});
  const TokenLayer layer = token_layer(text.sequence, text.layers[0], 0);
  const auto axes = token_eviction::principal_axes(layer.vectors, 0, 40);
  for (int a = 0; a < 16; ++a) {
    for (int b = 0; b < 16; ++b) {
      double dot = 0;
      for (int d = 0; d < 16; ++d) dot += axes[a * 16 + d] * axes[b * 16 + d];
      EXPECT_NEAR(dot, a == b ? 1 : 0, 1e-12);
    }
  }
}

// All directions and a quarter of 20 cached keys: the five with the highest logits, as the oracle.
TEST(Loki, ReadsTheHighestScores) {
  const auto text = lab::random_text({.tokens = 21, .prompt = 20, .group = 1, .dim = 8});
  const HeadReplay head = lab::replay_head(text, "loki(rank=8)");
  EXPECT_EQ(head.read_last_step, 6U);
  EXPECT_NEAR(head.recall_sum, lab::replay_head(text, "per_step_oracle(size=5)").recall_sum, 1e-12);
  EXPECT_LT(lab::replay_head(text, "loki(rank=1)").recall_sum, head.recall_sum);
  EXPECT_THROW(lab::replay_head(lab::micro_table(9), "loki"), std::invalid_argument);
}

// Two query heads of a group read one set. Keys 0 1 2 are (1, 0), (0, 1), (.9, .9); token 3 asks
// with (4.1, 0) and (0, 4). Alone each would read the key of its own axis; the mean scores are
// 2.05 2 3.645, so both read key 2, of a share of a third. The largest are 4.1 4 3.69: key 0.
TEST(Loki, QueryHeadsOfAGroupReadOneSet) {
  auto text = lab::random_text({.tokens = 4, .prompt = 3, .kv_heads = 1, .group = 2, .dim = 2});
  text.layers[0].k = {1, 0, 0, 1, .9F, .9F, 0, 0};
  auto& q = text.layers[0].q;
  const std::vector<float> last = {4.1F, 0, 0, 4};
  std::copy(last.begin(), last.end(), q.end() - 4);
  const auto e = [](double logit) { return exact::exp(logit / std::sqrt(2.0)); };
  const double one = e(4.1) + 1 + e(3.69) + 1;  // keys 0 1 2 and itself
  const double other = 1 + e(4) + e(3.6) + 1;
  const auto recall = [&](const char* policy) { return lab::replay_head(text, policy).recall_sum; };
  EXPECT_NEAR(recall("loki(rank=2, keys=0.34)"), (e(3.69) + 1) / one + (e(3.6) + 1) / other, 1e-6);
  EXPECT_NEAR(recall("loki(rank=2, keys=0.34, fold=max)"), (e(4.1) + 1) / one + 2 / other, 1e-6);
}

// A calibration text whose keys are the prompt's gives the prompt's directions.
TEST(Loki, BasisOfACalibrationText) {
  const auto text = lab::random_text({.tokens = 21, .prompt = 20, .group = 1, .dim = 8});
  PolicyFile file;
  PolicyFile::Layer& layer = file.layers[0];
  layer.keys.assign(text.layers[0].k.begin(), text.layers[0].k.begin() + 320);  // 20 x 2 x 8
  layer.tokens = 20;
  layer.kv_heads = 2;
  layer.dim = 8;
  const TokenPolicyMaker unread = lab::token_policy("loki(rank=2, basis=other.h5)");
  const TokenPolicyMaker learnt = [&] {
    auto policy = unread();
    policy->training()->learn(file);
    return policy;
  };
  const TokenLayer told = token_layer(text.sequence, text.layers[0], 0);
  EXPECT_EQ(unread()->training()->file(), "other.h5");
  EXPECT_NE(unread()->refusal(told), "");
  EXPECT_EQ(learnt()->refusal(told), "");
  EXPECT_EQ(replay_layer(told, {learnt}, {}).heads[0][0].recall_sum,
            lab::replay_head(text, "loki(rank=2)").recall_sum);
  layer.dim = 4;
  EXPECT_EQ(learnt()->refusal(told), "other.h5 is of another model");
}

}  // namespace kvern
