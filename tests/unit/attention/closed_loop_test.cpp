// The closed loop on a tiny model with random weights.
#include "sim/attention/machine/closed_loop.h"
#include "sim/base/exact_math.h"

#include <gmock/gmock.h>

#include <cmath>

#include "models/transformer/dense_forward.h"
#include "models/transformer/transformer.h"
#include "sim/attention/machine/lock_step.h"
#include "tests/lab/language_models.h"
#include "tests/lab/recordings.h"

namespace kvern {
namespace {

struct Tiny {
  mutable WorkerPool pool{2};
  Weights weights = lab::random_weights(lab::tiny_shape(), 48, true, 5);
  std::unique_ptr<LanguageModel> model = make_transformer(weights, pool);
  Rotary rotary{weights.shape.rope_theta, weights.shape.head_dim, 200};

  ClosedLoop loop() const { return lab::closed_loop(*model, pool, rotary); }
  ClosedText text(std::size_t tokens, std::uint32_t prompt = 0, std::uint64_t seed = 9) const {
    ClosedText text =
        lab::closed_text(lab::random_tokens(tokens, weights.shape.vocabulary, seed), prompt);
    text.token_class.assign(tokens, 0);
    text.token_class[0] = 1;
    return text;
  }
  ClosedWalk walk(const ClosedText& text, const std::string& policy) const {
    const TokenPolicyMaker maker = lab::token_policy(policy);
    return std::move(walk_policies(loop(), {&text}, {&maker}).front());
  }
  std::vector<float> dense(const ClosedText& text) const {
    return dense_forward(*model, pool, rotary, text.ids);
  }
};

// Relative to the largest.
double worst(std::span<const float> found, std::span<const float> expected) {
  double largest = 0;
  double off = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(double{expected[i]}));
    off = std::max(off, std::abs(double{found[i]} - double{expected[i]}));
  }
  return off / largest;
}

const std::vector<std::string> kEverything = {"full",
                                              "h2o(budget=1)",
                                              "h2o(heavy=60, recent=60, variant=Bpos)",
                                              "streaming_llm(budget=1)",
                                              "nacl(budget=1)",
                                              "quest(page=4, pages=30)",
                                              "loki(keys=1)",
                                              "snapkv(budget=1)",
                                              "tova(size=120)",
                                              "kv_quant(full, residual=120)"};

TEST(ClosedLoop, FullBudgetIsDense) {
  const Tiny tiny;
  for (const std::uint32_t prompt : {0U, 99U}) {
    const ClosedText text = tiny.text(100, prompt);
    const std::vector<float> dense = tiny.dense(text);
    for (const std::string& policy : kEverything) {
      if (prompt == 0 && policy.starts_with("loki")) continue;  // needs one
      const ClosedWalk walk = tiny.walk(text, policy);
      EXPECT_LT(worst(walk.hidden, dense), 1e-5) << policy << " after " << prompt;
      for (const auto& layer : walk.heads) {
        for (const HeadReplay& head : layer) {
          EXPECT_NEAR(head.recall_min, 1, 1e-5) << policy;
          EXPECT_NEAR(head.overlap_sum, static_cast<double>(head.rows), 1e-12) << policy;
        }
      }
    }
  }
}

// The trick of layer-major replay: with eviction, every hidden state and every kept set is that of
// token-by-token decoding. Random weights make no near ties here.
TEST(ClosedLoop, LayerMajorEqualsTokenByToken) {
  const Tiny tiny;
  for (const std::uint32_t prompt : {0U, 40U}) {
    const ClosedText text = tiny.text(120, prompt);
    for (const std::string policy :
         {"h2o(heavy=8, recent=8)", "h2o(heavy=8, recent=8, variant=A)",
          "h2o(heavy=8, recent=8, variant=Bpos)", "streaming_llm(sinks=2, recent=14)",
          "buzz(sinks=2, window=6, threshold=12, stride=3)", "tova(size=16)", "nacl(budget=0.4)",
          "quest(page=4, pages=4)", "segmented_heavy_hitter(budget=0.3)", "random(size=16)"}) {
      const ClosedWalk whole = tiny.walk(text, policy);
      EXPECT_TRUE(policy.starts_with("nacl") || worst(whole.hidden, tiny.dense(text)) > 1e-2)
          << policy << " evicts nothing";
      const ClosedLoop loop = tiny.loop();
      LockStep steps(loop, {&text, 1}, lab::token_policy(policy));
      const std::size_t row = tiny.weights.shape.hidden;
      double off = 0;
      for (std::size_t t = 0; t < text.ids.size(); ++t) {
        off = std::max(off, worst(steps.step(), {whole.hidden.data() + t * row, row}));
      }
      EXPECT_LT(off, 1e-4) << policy << " after " << prompt;
      for (std::uint32_t l = 0; l < whole.heads.size(); ++l) {
        const auto heads = steps.layer(0, l).heads();
        for (std::size_t h = 0; h < heads.size(); ++h) {
          EXPECT_EQ(heads[h].kept, whole.heads[l][h].kept) << policy;
          EXPECT_EQ(heads[h].work.bytes_read, whole.heads[l][h].work.bytes_read) << policy;
        }
      }
    }
  }
}

TEST(ClosedLoop, LockStepKeepsTextsApart) {
  const Tiny tiny;
  std::vector<ClosedText> texts;
  texts.reserve(5);
  for (std::uint64_t seed = 0; seed < 5; ++seed) texts.push_back(tiny.text(40, 0, seed));
  const ClosedLoop loop = tiny.loop();
  const TokenPolicyMaker policy = lab::token_policy("h2o(heavy=6, recent=6)");
  LockStep together(loop, texts, policy);
  std::vector<std::unique_ptr<LockStep>> alone;
  alone.reserve(texts.size());
  for (const ClosedText& text : texts) {
    alone.push_back(std::make_unique<LockStep>(loop, std::span(&text, 1), policy));
  }
  const std::size_t row = tiny.weights.shape.hidden;
  for (std::size_t t = 0; t < 40; ++t) {
    const auto hidden = together.step();
    for (std::size_t s = 0; s < texts.size(); ++s) {
      const auto one = alone[s]->step();
      for (std::size_t i = 0; i < row; ++i) ASSERT_EQ(hidden[s * row + i], one[i]);
    }
  }
}

TEST(ClosedLoop, LockStepRefusesWhoLooksAhead) {
  EXPECT_NE(LockStep::refusal(*lab::token_policy("future_mass_greedy(size=4)")()), "");
  EXPECT_EQ(LockStep::refusal(*lab::token_policy("h2o(heavy=2, recent=2)")()), "");
}

// The first layer sees the same hidden states as dense attention, so there the closed loop keeps
// and measures what the open loop does on a recording of it, up to float32.
TEST(ClosedLoop, FirstLayerIsTheOpenLoops) {
  const Tiny tiny;
  const ClosedText text = tiny.text(90, 30);
  lab::RecordedText recorded;
  recorded.sequence.layers = {0};
  recorded.sequence.model_layers = 2;
  recorded.sequence.tokens = 90;
  recorded.sequence.prompt_tokens = 30;
  recorded.sequence.heads = 4;
  recorded.sequence.kv_heads = 2;
  recorded.sequence.dim = 8;
  recorded.sequence.rope_theta = tiny.weights.shape.rope_theta;
  recorded.sequence.ids = text.ids;
  dense_forward(*tiny.model, tiny.pool, tiny.rotary, text.ids, [&](const LayerRows& rows) {
    if (rows.layer != 0) return;
    recorded.layers.push_back({{rows.queries.begin(), rows.queries.end()},
                               {rows.keys.begin(), rows.keys.end()},
                               {rows.values.begin(), rows.values.end()}});
  });
  for (const std::string policy :
       {"h2o(heavy=5, recent=5)", "h2o(heavy=5, recent=5, variant=Bpos)",
        "streaming_llm(sinks=2, recent=8)", "quest(page=2, pages=5)",
        "snapkv(capacity=12, window=4)", "keyformer(size=10)",
        "buzz(sinks=1, window=4, threshold=6, stride=3)", "expected_attention(size=10)",
        "kv_quant(window(size=20), bits=4, group=4, residual=4)", "per_step_oracle(size=8)"}) {
    const ClosedWalk walk = tiny.walk(text, policy);
    const LayerReplay open = lab::replay(recorded, policy).front();
    for (std::size_t h = 0; h < 2; ++h) {
      const HeadReplay& a = walk.heads[0][h];
      const HeadReplay& b = open.heads[0][h];
      EXPECT_EQ(a.kept, b.kept) << policy;
      EXPECT_NEAR(a.recall_sum, b.recall_sum, 1e-3) << policy;
      EXPECT_NEAR(a.error_sum, b.error_sum, 2e-3) << policy;
      EXPECT_NEAR(a.overlap_sum, b.overlap_sum, 1e-9) << policy;
      EXPECT_NEAR(a.sparsity_sum, b.sparsity_sum, 1e-9) << policy;
      EXPECT_EQ(a.pivotal, b.pivotal) << policy;
      EXPECT_EQ(a.persistent, b.persistent) << policy;
      EXPECT_EQ(a.work.bytes_read, b.work.bytes_read) << policy;
      EXPECT_EQ(a.work.flops, b.work.flops) << policy;
      EXPECT_EQ(a.own.flops, b.own.flops) << policy;
      EXPECT_EQ(a.resident_max, b.resident_max) << policy;
    }
  }
}

// Losses of the decode steps: rows prompt .. T-2 each say one token.
TEST(ClosedLoop, LossesCompareWithDense) {
  const Tiny tiny;
  const std::vector<ClosedText> texts = {tiny.text(60, 20), tiny.text(50, 0, 3)};
  const std::vector<TokenPolicyMaker> policies = {lab::token_policy("full"),
                                                  lab::token_policy("window(size=4)")};
  const ClosedLoopResult result = run_closed_loop(tiny.loop(), texts, policies);
  ASSERT_EQ(result.sequences.size(), 2U);
  const SequenceQuality& quality = result.sequences[0];
  EXPECT_EQ(quality.dense.first, 21U);
  ASSERT_EQ(quality.dense.loss.size(), 39U);
  double full = 0;
  double window = 0;
  for (std::size_t i = 0; i < 39; ++i) {
    EXPECT_NEAR(quality.policies[0].loss[i], quality.dense.loss[i], 1e-4);
    EXPECT_NEAR(quality.policies[0].divergence[i], 0, 1e-5);
    EXPECT_EQ(quality.policies[0].agrees[i], 1);
    full += quality.policies[0].divergence[i];
    window += quality.policies[1].divergence[i];
  }
  EXPECT_GT(window, 100 * std::abs(full));
  // By hand: -ln softmax(logits of row 20)[token 21].
  const std::vector<float> hidden = tiny.dense(texts[0]);
  std::vector<float> logits(96);
  tiny.model->logits(std::span(hidden).subspan(std::size_t{20} * 32, 32), logits);
  double sum = 0;
  for (const float x : logits) sum += exact::exp(double{x});
  EXPECT_NEAR(quality.dense.loss[0], exact::log(sum) - logits[texts[0].ids[21]], 1e-5);
  ASSERT_EQ(result.sequences[1].dense.loss.size(), 49U);
  // Policy, then text, layer, head: 2 x 2 x 2 x 2 rows.
  ASSERT_EQ(result.replay.rows.size(), 16U);
  EXPECT_EQ(result.replay.rows[5].layer, 0U);
  EXPECT_EQ(result.replay.rows[8].policy, 1U);
}

}  // namespace
}  // namespace kvern
