#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// Head 0 looks at the middle (token 4), head 1 everywhere: head 1 has more on sinks and recent, so
// it streams.
TEST(Duo, HeadsThatLookAtTheEdgesStream) {
  lab::RecordedText text = lab::random_text({.tokens = 10, .prompt = 9, .group = 1, .dim = 10});
  auto& layer = text.layers[0];
  std::fill(layer.q.begin(), layer.q.end(), 0.F);
  std::fill(layer.k.begin(), layer.k.end(), 0.F);
  for (std::size_t t = 0; t < 10; ++t) {
    layer.q[(t * 2 + 0) * 10 + 4] = 30;
    for (std::size_t head = 0; head < 2; ++head) layer.k[(t * 2 + head) * 10 + t] = 1;
  }
  const auto layers = lab::replay(text, "duo(sinks=2, recent=3)");
  EXPECT_EQ(layers[0].heads[0][0].kept.size(), 10U);
  EXPECT_THAT(layers[0].heads[0][1].kept, testing::ElementsAre(0, 1, 7, 8, 9));
  const auto all = lab::replay(text, "duo(sinks=2, recent=3, streaming_share=1)");
  EXPECT_EQ(all[0].heads[0][0].kept.size(), 5U);
}

// Gates .9 .1 | .8 .2: half of the model's four heads streams, those of .1 and .2.
TEST(Duo, TrainedGates) {
  const auto text = lab::random_text({.tokens = 10, .layers = 2, .group = 1});
  PolicyFile file;
  file.layers[0].gates = {.9, .1};
  file.layers[1].gates = {.8, .2};
  const TokenPolicyMaker unread = lab::token_policy("duo(sinks=2, recent=3, heads=gates.tsv)");
  const TokenPolicyMaker learnt = [&] {
    auto policy = unread();
    policy->training()->learn(file);
    return policy;
  };
  for (std::uint32_t l = 0; l < 2; ++l) {
    const TokenLayer told = token_layer(text.sequence, text.layers[l], l);
    EXPECT_NE(unread()->refusal(told), "");
    EXPECT_EQ(learnt()->refusal(told), "");
    const LayerReplay replay = replay_layer(told, {learnt}, {});
    EXPECT_EQ(replay.heads[0][0].kept.size(), 10U);
    EXPECT_THAT(replay.heads[0][1].kept, testing::ElementsAre(0, 1, 7, 8, 9));
  }
}

}  // namespace kvern
