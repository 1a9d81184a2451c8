#include <gmock/gmock.h>

#include "tests/lab/recordings.h"

namespace kvern {

// Head 0's last query looks at one token (score near 1, the others near 0), head 1's at all alike
// (1/8 each): of the 2 x 2 highest of the layer, head 0 owns 1 and head 1 owns 3. floor .5 of base
// 2 is 1: shares round(1 x .5 + 1) = round(1.5) = 2 and round(3 x .5 + 1) = round(2.5) = 2, half to
// even. floor 0 gives 1 and 3.
TEST(AdaKv, HeadsShareTheLayer) {
  lab::RecordedText text = lab::random_text({.tokens = 8, .prompt = 8, .group = 1, .dim = 8});
  auto& layer = text.layers[0];
  std::fill(layer.q.begin(), layer.q.end(), 0.F);
  std::fill(layer.k.begin(), layer.k.end(), 0.F);
  for (std::size_t t = 0; t < 8; ++t) {
    layer.q[(t * 2 + 0) * 8 + 4] = 40;  // head 0 looks for the key of token 4
    for (std::size_t head = 0; head < 2; ++head) layer.k[(t * 2 + head) * 8 + t] = 1;
  }
  const auto sizes = [&](const char* policy) {
    const auto heads = lab::replay(text, policy)[0].heads[0];
    return std::vector<std::size_t>{heads[0].kept.size(), heads[1].kept.size()};
  };
  // The window of 1 comes on top.
  EXPECT_THAT(sizes("adakv(snapkv(capacity=3, window=1, kernel=1), floor=0)"),
              testing::ElementsAre(2, 4));
  EXPECT_THAT(sizes("adakv(snapkv(capacity=3, window=1, kernel=1), floor=0.5)"),
              testing::ElementsAre(3, 3));
}

TEST(AdaKv, WrapsWhatScoresThePrompt) {
  EXPECT_THROW(lab::token_policy("adakv(window(size=3))"), std::invalid_argument);
  EXPECT_THROW(lab::token_policy("adakv"), std::invalid_argument);
  EXPECT_NO_THROW(lab::token_policy("adakv(keydiff(size=3))"));
}

}  // namespace kvern
