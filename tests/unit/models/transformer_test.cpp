// The executor on a tiny model with random weights, against a naive one in doubles written here.
#include "models/transformer/transformer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "models/transformer/dense_forward.h"
#include "sim/base/exact_math.h"
#include "tests/lab/language_models.h"

namespace kvern {
namespace {

using Row = std::vector<double>;

Row times(std::span<const float> matrix, const Row& x) {
  Row y(matrix.size() / x.size());
  for (std::size_t o = 0; o < y.size(); ++o) {
    for (std::size_t i = 0; i < x.size(); ++i) y[o] += double{matrix[o * x.size() + i]} * x[i];
  }
  return y;
}

Row norm(const Row& x, std::span<const float> weight, double epsilon) {
  double squares = 0;
  for (const double v : x) squares += v * v;
  Row y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = x[i] / std::sqrt(squares / static_cast<double>(x.size()) + epsilon) * weight[i];
  }
  return y;
}

void add(Row& x, const Row& y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

// x as complex numbers x[i] + j x[i + dim/2], times e^(j position theta^(-2i/dim)).
void rotate(Row& x, std::size_t dim, double theta, std::size_t position) {
  for (std::size_t head = 0; head < x.size(); head += dim) {
    for (std::size_t i = 0; i < dim / 2; ++i) {
      const double angle =
          static_cast<double>(position) *
          exact::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(dim));
      const double a = x[head + i];
      const double b = x[head + i + dim / 2];
      x[head + i] = a * exact::cos(angle) - b * exact::sin(angle);
      x[head + i + dim / 2] = a * exact::sin(angle) + b * exact::cos(angle);
    }
  }
}

// Dense causal attention of the last row over all rows.
Row attention(const LanguageModelShape& s, const Row& query, const std::vector<Row>& keys,
              const std::vector<Row>& values) {
  Row out(query.size());
  for (std::size_t h = 0; h < s.heads; ++h) {
    const std::size_t from = h / s.group() * s.head_dim;
    Row weight(keys.size());
    double sum = 0;
    for (std::size_t t = 0; t < keys.size(); ++t) {
      double dot = 0;
      for (std::size_t d = 0; d < s.head_dim; ++d)
        dot += query[h * s.head_dim + d] * keys[t][from + d];
      sum += weight[t] = exact::exp(dot / std::sqrt(static_cast<double>(s.head_dim)));
    }
    for (std::size_t t = 0; t < keys.size(); ++t) {
      for (std::size_t d = 0; d < s.head_dim; ++d) {
        out[h * s.head_dim + d] += weight[t] / sum * values[t][from + d];
      }
    }
  }
  return out;
}

Row mlp(const LayerWeights& layer, const Row& x) {
  const Row both = times(layer.gate_up, x);
  Row inner(both.size() / 2);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    inner[i] = both[i] / (1 + exact::exp(-both[i])) * both[i + inner.size()];
  }
  return times(layer.down, inner);
}

// Logits [T][vocabulary], token by token.
std::vector<Row> naive(const Weights& w, std::span<const std::int32_t> tokens) {
  const LanguageModelShape& s = w.shape;
  std::vector<std::vector<Row>> keys(s.layers), values(s.layers);
  std::vector<Row> logits;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const float* embedded = w.embedding.data() + static_cast<std::size_t>(tokens[t]) * s.hidden;
    Row x(embedded, embedded + s.hidden);
    for (std::size_t l = 0; l < s.layers; ++l) {
      const LayerWeights& layer = w.layers[l];
      const Row normed = norm(x, layer.attention_norm, w.norm_epsilon);
      Row query = times(layer.query, normed);
      keys[l].push_back(times(layer.key, normed));
      values[l].push_back(times(layer.value, normed));
      rotate(query, s.head_dim, s.rope_theta, t);
      rotate(keys[l].back(), s.head_dim, s.rope_theta, t);
      add(x, times(layer.output, attention(s, query, keys[l], values[l])));
      add(x, mlp(layer, norm(x, layer.mlp_norm, w.norm_epsilon)));
    }
    logits.push_back(
        times(w.head.empty() ? w.embedding : w.head, norm(x, w.final_norm, w.norm_epsilon)));
  }
  return logits;
}

struct Tiny {
  mutable WorkerPool pool{2};
  Weights weights;
  std::unique_ptr<LanguageModel> model;
  Rotary rotary;
  std::vector<std::int32_t> tokens;

  explicit Tiny(std::size_t length, bool tied = true)
      : weights(lab::random_weights(lab::tiny_shape(), 48, tied, 5)),
        model(make_transformer(weights, pool)),
        rotary(weights.shape.rope_theta, weights.shape.head_dim, 200),
        tokens(lab::random_tokens(length, weights.shape.vocabulary, 9)) {}

  std::vector<float> logits(std::span<const float> hidden) const {
    std::vector<float> out(hidden.size() / weights.shape.hidden * weights.shape.vocabulary);
    model->logits(hidden, out);
    return out;
  }
};

// Relative to the largest of `expected`.
template <class Values>
double worst(std::span<const float> found, const Values& expected) {
  double largest = 0;
  double off = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    off = std::max(off, std::abs(found[i] - static_cast<double>(expected[i])));
  }
  return off / largest;
}

TEST(Transformer, AgreesWithANaiveOneInDoubles) {
  for (const bool tied : {true, false}) {
    for (const std::size_t length : {3U, 150U}) {  // the narrow products, the BLAS
      const Tiny tiny(length, tied);
      const std::vector<Row> expected = naive(tiny.weights, tiny.tokens);
      const std::vector<float> found =
          tiny.logits(dense_forward(*tiny.model, tiny.pool, tiny.rotary, tiny.tokens));
      const std::size_t row = tiny.weights.shape.vocabulary;
      for (std::size_t t = 0; t < length; ++t) {
        EXPECT_LT(worst({found.data() + t * row, row}, expected[t]), 1e-5) << t;
      }
    }
  }
}

TEST(Transformer, RepeatsBitForBit) {
  Tiny tiny(150);
  const std::vector<float> once = dense_forward(*tiny.model, tiny.pool, tiny.rotary, tiny.tokens);
  WorkerPool other(3);
  const auto model = make_transformer(tiny.weights, other);
  EXPECT_EQ(once, dense_forward(*model, other, tiny.rotary, tiny.tokens));
}

// tiny: 2 * 32 * (4*8 + 2*8 + 2*8 + 4*8 + 3*48) = 64 * 240.
TEST(Transformer, CountsItsWork) {
  const Tiny tiny(1);
  EXPECT_EQ(tiny.model->layer_flops(), 64U * 240);
  EXPECT_EQ(tiny.model->logits_flops(), 64U * 96);
}

}  // namespace
}  // namespace kvern
