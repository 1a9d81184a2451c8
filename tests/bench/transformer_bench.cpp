// The language-model loop: a model of SmolLM2-135M's shape with random weights under h2o with 256
// heavy and 256 recent tokens. Rates are tokens a second, all layers and logits.
//
// Goals: a trial's rates on 2 cores: a dense forward 320, layer-major replay with 512 kept the same
// (9 tenths of it), 16 sequences in lock-step 130. Layer-major replay is judged against a dense
// forward of the same run: eviction should cost no more.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "models/transformer/dense_forward.h"
#include "models/transformer/transformer.h"
#include "sim/attention/machine/lock_step.h"
#include "tests/bench/goal.h"
#include "tests/lab/language_models.h"
#include "tests/lab/recordings.h"

namespace {

using namespace kvern;

struct Loop {
  WorkerPool pool{0};
  std::unique_ptr<LanguageModel> model =
      make_transformer(lab::random_weights(lab::smollm2_shape(), 1536, true, 1), pool);
  Rotary rotary{model->shape().rope_theta, model->shape().head_dim, 8192};

  ClosedLoop closed() { return lab::closed_loop(*model, pool, rotary, {.measure = false}); }
  std::vector<std::int32_t> tokens(std::size_t count) const {
    return lab::random_tokens(count, model->shape().vocabulary, 2);
  }
  // Of one token: all layers and the logits.
  double flops() const {
    return static_cast<double>(model->shape().layers * model->layer_flops() +
                               model->logits_flops());
  }
  // Logits of all rows, in blocks small enough to stay in the cache.
  void all_logits(std::span<const float> hidden) const {
    constexpr std::size_t kRows = 256;
    const std::size_t size = model->shape().hidden;
    std::vector<float> logits(kRows * model->shape().vocabulary);
    for (std::size_t at = 0; at < hidden.size(); at += kRows * size) {
      const std::size_t count = std::min(kRows * size, hidden.size() - at);
      model->logits(hidden.subspan(at, count), logits);
    }
  }
};

Loop& loop() {
  static Loop one;  // 540 MB, for all rows
  return one;
}

constexpr std::size_t kText = 2048;

const TokenPolicyMaker& h2o() {
  static const TokenPolicyMaker maker = lab::token_policy("h2o(heavy=256, recent=256)");
  return maker;
}

void dense(std::span<const std::int32_t> tokens) {
  loop().all_logits(dense_forward(*loop().model, loop().pool, loop().rotary, tokens));
}

template <class Work>
double seconds(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void report(benchmark::State& state, double tokens, double goal,
            const bench::Reference& reference) {
  bench::rate(state, tokens, goal, reference);
  state.counters["GFLOPs"] =
      benchmark::Counter(tokens * loop().flops() / 1e9, benchmark::Counter::kIsRate);
}

void dense_prefill_2048(benchmark::State& state) {
  const std::vector<std::int32_t> text = loop().tokens(kText);
  for (auto _ : state) dense(text);
  report(state, static_cast<double>(kText * state.iterations()), 320, bench::products(loop().pool));
}
BENCHMARK(dense_prefill_2048)->UseRealTime()->Iterations(2);

// In turns with a dense forward, 9 tenths of whose rate is the goal.
void layer_major_keep_512(benchmark::State& state) {
  const std::vector<std::int32_t> text = loop().tokens(kText);
  double dense_seconds = 0;
  for (auto _ : state) {
    dense_seconds += seconds([&] { dense(text); });
    state.SetIterationTime(seconds([&] {
      const ClosedText given = lab::closed_text(text);
      loop().all_logits(walk_policies(loop().closed(), {&given}, {&h2o()}).front().hidden);
    }));
  }
  const auto tokens = static_cast<double>(kText * state.iterations());
  const double dense_rate = tokens / dense_seconds;
  report(state, tokens, .9 * dense_rate, {dense_rate, dense_rate});
}
BENCHMARK(layer_major_keep_512)->UseManualTime()->Iterations(3);

void decode_16_keep_512(benchmark::State& state) {
  const std::vector<ClosedText> texts(16, lab::closed_text(loop().tokens(640)));
  const ClosedLoop closed = loop().closed();
  LockStep walk(closed, texts, h2o());
  for (int step = 0; step < 513; ++step) walk.step();
  for (auto _ : state) loop().all_logits(walk.step());
  report(state, static_cast<double>(16 * state.iterations()), 130, bench::products(loop().pool));
}
BENCHMARK(decode_16_keep_512)->UseRealTime()->Iterations(64);

}  // namespace
