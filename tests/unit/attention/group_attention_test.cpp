#include "sim/attention/head/group_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "sim/base/exact_math.h"
#include "sim/base/random.h"

namespace kvern {
namespace {

struct Case {
  std::size_t dim, queries, count, stride;
  std::vector<float> query, keys, values, weights, output;

  Case(std::size_t dim_, std::size_t queries_, std::size_t count_)
      : dim(dim_), queries(queries_), count(count_), stride((count + 7) / 8 * 8) {
    Stream random(dim * 1000 + queries * 100 + count, "attention");
    const auto normal = [&](std::size_t size) {
      std::vector<float> values_(size);
      for (float& v : values_) v = static_cast<float>(draw_normal(random));
      return values_;
    };
    query = normal(queries * dim);
    keys = normal(count * dim);
    values = normal(count * dim);
    weights.assign(queries * stride, -7);
    output.assign(queries * dim, -7);
    attend({dim, queries, query.data(), keys.data(), values.data(), count, scale(), weights.data(),
            stride, output.data()});
  }
  float scale() const { return 1 / std::sqrt(static_cast<float>(dim)); }
};

// One key per standard direction, so that the logits are the query itself: ln 1, ln 2, ln 5 give
// the weights 1/8, 2/8, 5/8, and values 8, 16, 24 the output 1 + 4 + 15 = 20.
TEST(GroupAttention, WeighsByHand) {
  std::vector<float> query(8), keys(3 * 8), values(3 * 8), weights(8), output(8);
  for (std::size_t k = 0; k < 3; ++k) {
    keys[k * 8 + k] = 1;
    values[k * 8] = 8 * static_cast<float>(k + 1);
  }
  query[1] = static_cast<float>(exact::log(2));
  query[2] = static_cast<float>(exact::log(5));
  attend({8, 1, query.data(), keys.data(), values.data(), 3, 1, weights.data(), 8, output.data()});
  EXPECT_NEAR(weights[0], 1.0 / 8, 1e-7);
  EXPECT_NEAR(weights[1], 2.0 / 8, 1e-7);
  EXPECT_NEAR(weights[2], 5.0 / 8, 1e-7);
  EXPECT_NEAR(output[0], 20, 1e-5);
  EXPECT_EQ(output[1], 0);
}

TEST(GroupAttention, AgreesWithDoubles) {
  for (const std::size_t dim : {8U, 24U, 64U}) {
    for (const std::size_t queries : {1U, 2U, 3U, 4U, 8U}) {
      for (const std::size_t count : {1U, 7U, 8U, 9U, 130U}) {
        const Case c(dim, queries, count);
        for (std::size_t q = 0; q < queries; ++q) {
          std::vector<double> weights(count);
          double sum = 0;
          for (std::size_t k = 0; k < count; ++k) {
            double dot = 0;
            for (std::size_t d = 0; d < dim; ++d) {
              dot += double{c.query[q * dim + d]} * c.keys[k * dim + d];
            }
            weights[k] = exact::exp(dot / std::sqrt(static_cast<double>(dim)));
            sum += weights[k];
          }
          for (std::size_t k = 0; k < count; ++k) {
            weights[k] /= sum;
            ASSERT_NEAR(c.weights[q * c.stride + k], weights[k], 2e-6 * weights[k] + 1e-12);
          }
          for (std::size_t d = 0; d < dim; ++d) {
            double output = 0;
            for (std::size_t k = 0; k < count; ++k) output += weights[k] * c.values[k * dim + d];
            ASSERT_NEAR(c.output[q * dim + d], output, 3e-6);
          }
        }
      }
    }
  }
}

// A query's numbers don't depend on the others of its group.
TEST(GroupAttention, AQueryAloneIsTheSameToTheBit) {
  const Case c(64, 5, 77);
  for (std::size_t q = 0; q < 5; ++q) {
    std::vector<float> weights(c.stride), output(64);
    attend({64, 1, c.query.data() + q * 64, c.keys.data(), c.values.data(), 77, c.scale(),
            weights.data(), c.stride, output.data()});
    for (std::size_t k = 0; k < 77; ++k) ASSERT_EQ(weights[k], c.weights[q * c.stride + k]);
    for (std::size_t d = 0; d < 64; ++d) ASSERT_EQ(output[d], c.output[q * 64 + d]);
  }
}

// Logits hundreds apart neither overflow nor leave anything but zero for the losers.
TEST(GroupAttention, FarLogits) {
  std::vector<float> query(8, 100), keys(2 * 8), values(2 * 8, 3), weights(8), output(8);
  keys[0] = 5;
  keys[8] = -5;
  attend({8, 1, query.data(), keys.data(), values.data(), 2, 1, weights.data(), 8, output.data()});
  EXPECT_EQ(weights[0], 1);
  EXPECT_EQ(weights[1], 0);
  EXPECT_EQ(output[0], 3);
}

}  // namespace
}  // namespace kvern
