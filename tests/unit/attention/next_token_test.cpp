#include "sim/attention/machine/next_token.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sim/base/exact_math.h"
#include "sim/base/random.h"

namespace kvern {
namespace {

// Weights 1, 2, 5: probabilities 1/8, 2/8, 5/8.
TEST(NextToken, LossAndBestGuessByHand) {
  const std::vector<float> logits{0, static_cast<float>(exact::log(2)),
                                  static_cast<float>(exact::log(5))};
  EXPECT_NEAR(next_token_loss(logits, 0), exact::log(8.0), 1e-6);
  EXPECT_NEAR(next_token_loss(logits, 2), exact::log(8.0 / 5), 1e-6);
  EXPECT_EQ(top_token(logits), 2);
  EXPECT_EQ(top_token(std::vector<float>{1, 3, 3}), 1);
}

// Reference 1/8, 2/8, 5/8 against 1/3 each: sum p ln(3 p).
TEST(NextToken, DivergenceByHand) {
  const std::vector<float> reference{0, static_cast<float>(exact::log(2)),
                                     static_cast<float>(exact::log(5))};
  const std::vector<float> even{4, 4, 4};
  const double expected =
      (exact::log(3.0 / 8) + 2 * exact::log(6.0 / 8) + 5 * exact::log(15.0 / 8)) / 8;
  EXPECT_NEAR(divergence(reference, even), expected, 1e-6);
  EXPECT_NEAR(divergence(reference, reference), 0, 1e-6);
}

TEST(NextToken, AgreesWithDoublesOverAVocabulary) {
  Stream random(3, "logits");
  std::vector<float> a(49152 + 3), b(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<float>(4 * draw_normal(random));
    b[i] = a[i] + static_cast<float>(draw_normal(random));
  }
  double za = 0, zb = 0, expected = 0;
  for (const float x : a) za += exact::exp(double{x});
  for (const float x : b) zb += exact::exp(double{x});
  for (std::size_t i = 0; i < a.size(); ++i) {
    expected +=
        exact::exp(double{a[i]}) / za * (double{a[i]} - b[i] - exact::log(za) + exact::log(zb));
  }
  EXPECT_NEAR(log_sum_exp(a), exact::log(za), 1e-6);
  EXPECT_NEAR(next_token_loss(b, 7), exact::log(zb) - b[7], 1e-6);
  EXPECT_NEAR(divergence(a, b), expected, 1e-5);
}

}  // namespace
}  // namespace kvern
