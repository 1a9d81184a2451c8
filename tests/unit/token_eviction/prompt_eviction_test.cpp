// Policies that score the prompt once: observed_attention, keydiff, lagkv, expected_attention.
#include <gmock/gmock.h>

#include <cmath>

#include "sim/attention/head/rotary.h"
#include "tests/lab/recordings.h"

namespace kvern {

using testing::ElementsAre;

// Equal attention, 4 tokens: sums 25/12, 13/12, 7/12, 3/12 over 4, 3, 2, 1 rows: .52 .36 .29 .25.
// With token 3 looked at by its own row alone (mass near 1 of 1 row) it leads: H2O would not see
// it.
TEST(ObservedAttention, DividesByTheRowsThatCanSee) {
  const auto flat = lab::logit_table(4, 4, [](auto, auto) { return 0.0; });
  EXPECT_THAT(lab::replay_head(flat, "observed_attention(size=2)").kept, ElementsAre(0, 1));
  const auto last = lab::logit_table(
      4, 4, [](std::uint32_t i, std::uint32_t j) { return i == 3 && j == 3 ? 9.0 : 0.0; });
  EXPECT_THAT(lab::replay_head(last, "observed_attention(size=1)").kept, ElementsAre(3));
  EXPECT_THAT(lab::replay_head(last, "h2o(heavy=1, recent=0)").kept, ElementsAre(0));
}

// Keys along x but for token 2, which points along y: its cosine to the mean is the smallest.
TEST(KeyDiff, TheOddKeyStays) {
  auto text = lab::random_text({.tokens = 5, .prompt = 5, .kv_heads = 1, .group = 1, .dim = 2});
  text.layers[0].k = {1, 0, 2, 0, 0, 1, 5, 0, 1, .1F};
  EXPECT_THAT(lab::replay_head(text, "keydiff(size=1)").kept, ElementsAre(2));
  EXPECT_THAT(lab::replay_head(text, "keydiff(size=2)").kept, ElementsAre(0, 2));
}

// sinks 1, lag 2, 7 tokens: chunks (1 2) (3 4), last full chunk (5 6). Ranges of (3 4) are 1 and 1
// from 0: token 1 = (0, 4) has a larger spread than 2 = (1, 1), so ranks 1/2 and 0. In (3 4)
// against (5 6) = ranges 1, 1: 3 = (0, 1) and 4 = (1, 0) tie: of equals the first has the lower
// rank.
TEST(LagKv, ComparesWithTheNextChunk) {
  auto text = lab::random_text({.tokens = 7, .prompt = 7, .kv_heads = 1, .group = 1, .dim = 2});
  text.layers[0].k = {9, 9, 0, 4, 1, 1, 0, 1, 1, 0, 0, 0, 1, 1};
  text.layers[0].v = text.layers[0].k;
  const auto kept = [&](const char* policy) { return lab::replay_head(text, policy).kept; };
  EXPECT_THAT(kept("lagkv(size=3, sinks=1, lag=2)"), ElementsAre(0, 5, 6));
  EXPECT_THAT(kept("lagkv(size=4, sinks=1, lag=2)"), ElementsAre(0, 1, 5, 6));
  EXPECT_THAT(kept("lagkv(size=5, sinks=1, lag=2)"), ElementsAre(0, 1, 4, 5, 6));
  // Too short to compare: sinks and the newest.
  EXPECT_THAT(kept("lagkv(size=3, sinks=1, lag=4)"), ElementsAre(0, 5, 6));
}

// All un-rotated queries are (2, 0), so there is no covariance; with horizon 1 the next query is
// (2, 0) at position 5. Keys are rotated back so that token j scores (2, 0).k_j at position 5.
TEST(ExpectedAttention, ScoresTheComingQueries) {
  auto text = lab::random_text({.tokens = 5, .prompt = 5, .kv_heads = 1, .group = 1, .dim = 2});
  text.sequence.rope_theta = 100;
  const Rotary rotary(100, 2, 8);
  const float wanted[] = {0, 1, 5, 3, 2};  // at position 5
  for (std::uint32_t t = 0; t < 5; ++t) {
    text.layers[0].q[t * 2] = 2;
    text.layers[0].q[t * 2 + 1] = 0;
    rotary.turn(std::span(text.layers[0].q).subspan(t * 2, 2), t);
    text.layers[0].k[t * 2] = wanted[t];
    text.layers[0].k[t * 2 + 1] = 0;
    rotary.turn(std::span(text.layers[0].k).subspan(t * 2, 2), 5);
    text.layers[0].v[t * 2] = 1;
    text.layers[0].v[t * 2 + 1] = 0;
  }
  const auto kept = [&](const char* policy) { return lab::replay_head(text, policy).kept; };
  EXPECT_THAT(kept("expected_attention(size=2, sinks=1, horizon=1)"), ElementsAre(0, 2));
  EXPECT_THAT(kept("expected_attention(size=3, sinks=1, horizon=1)"), ElementsAre(0, 2, 3));
  // A longer value outweighs a little attention.
  text.layers[0].v[4 * 2] = 1000;
  EXPECT_THAT(kept("expected_attention(size=2, sinks=1, horizon=1)"), ElementsAre(0, 4));
  // Where no rotation is named, the queries are taken as they are.
  text.layers[0].v[4 * 2] = 1;
  text.sequence.rope_theta = 0;
  for (std::uint32_t t = 0; t < 5; ++t) {
    text.layers[0].q[t * 2] = 2;
    text.layers[0].q[t * 2 + 1] = 0;
    text.layers[0].k[t * 2] = wanted[t];
    text.layers[0].k[t * 2 + 1] = 0;
  }
  EXPECT_THAT(kept("expected_attention(size=3, sinks=1, horizon=1)"), ElementsAre(0, 2, 3));
}

}  // namespace kvern
