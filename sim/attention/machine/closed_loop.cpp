#include "sim/attention/machine/closed_loop.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/attention/machine/next_token.h"

namespace kvern {
namespace {

// A row takes 8 KB on its way through a model 576 wide.
constexpr std::size_t kRowsAtOnce = 49'152;
constexpr std::size_t kLogitRows = 128;  // 25 MB at a vocabulary of 49,152

TokenVectors vectors_of(const LanguageModelShape& shape, const LayerRows& rows) {
  return {rows.queries.data(), rows.keys.data(), rows.values.data(),
          shape.heads,         shape.kv_heads,   shape.head_dim};
}

// The attention of one layer of one text under a policy; its outputs for the prompt are there.
void attend_text(const ClosedLoop& loop, const ClosedText& text, const TokenPolicyMaker& maker,
                 const TextRows& rows, ClosedWalk& walk) {
  const LanguageModelShape& shape = loop.model.shape();
  TokenLayer layer = closed_token_layer(shape, text, rows.rows.layer);
  layer.vectors = vectors_of(shape, rows.rows);
  ClosedLayer cache(layer, maker(), loop.rotary, loop.options);
  cache.prefill();
  const std::size_t row = std::size_t{shape.heads} * shape.head_dim;
  for (std::uint32_t t = text.prompt_tokens; t < text.tokens(); ++t) {
    cache.step(t, rows.outputs.subspan(t * row, row));
  }
  walk.heads[rows.rows.layer] = cache.heads();
  for (std::size_t s = 0; s < walk.steps.size(); ++s) walk.steps[s] += cache.steps()[s];
}

// Attention of the prompt, by products over many rows.
void attend_prompt(const ClosedLoop& loop, std::uint32_t prompt, const TextRows& rows) {
  if (prompt == 0) return;
  const LanguageModelShape& shape = loop.model.shape();
  const std::size_t query_row = std::size_t{shape.heads} * shape.head_dim;
  const std::size_t key_row = std::size_t{shape.kv_heads} * shape.head_dim;
  const LayerRows head{rows.rows.layer, rows.rows.queries.first(prompt * query_row),
                       rows.rows.keys.first(prompt * key_row),
                       rows.rows.values.first(prompt * key_row)};
  loop.dense(shape, loop.pool, head, rows.outputs.first(prompt * query_row));
}

// Compares rows of logits with what came and with dense attention's.
class Judge {
 public:
  Judge(const ClosedLoop& loop, const ClosedText& text)
      : loop_(loop),
        text_(text),
        first_(text.prompt_tokens),
        count_(text.tokens() > first_ + 1 ? text.tokens() - first_ - 1 : 0) {}

  // `hidden` of dense attention, and of each of the runs.
  void judge(std::span<const float> dense, const std::vector<std::span<const float>>& runs,
             TokenLosses& dense_losses, const std::vector<TokenLosses*>& losses) {
    const std::size_t vocabulary = loop_.model.shape().vocabulary;
    std::vector<float> reference(kLogitRows * vocabulary);
    std::vector<float> logits(runs.empty() ? 0 : reference.size());
    start(dense_losses);
    for (TokenLosses* each : losses) start(*each);
    for (std::size_t at = 0; at < count_; at += kLogitRows) {
      const std::size_t rows = std::min(kLogitRows, count_ - at);
      compute(dense, at, rows, reference);
      compare(reference, reference, at, rows, dense_losses);
      for (std::size_t r = 0; r < runs.size(); ++r) {
        compute(runs[r], at, rows, logits);
        compare(reference, logits, at, rows, *losses[r]);
      }
    }
  }

 private:
  void start(TokenLosses& losses) const {
    losses.first = first_ + 1;
    losses.loss.resize(count_);
    losses.divergence.resize(count_);
    losses.right.resize(count_);
    losses.agrees.resize(count_);
  }
  void compute(std::span<const float> hidden, std::size_t at, std::size_t rows,
               std::vector<float>& logits) const {
    const LanguageModelShape& shape = loop_.model.shape();
    loop_.model.logits(hidden.subspan((first_ + at) * shape.hidden, rows * shape.hidden),
                       std::span(logits).first(rows * shape.vocabulary));
  }
  void compare(const std::vector<float>& reference, const std::vector<float>& logits,
               std::size_t at, std::size_t rows, TokenLosses& losses) const {
    const std::size_t size = loop_.model.shape().vocabulary;
    loop_.pool.run(rows, [&](std::size_t r) {
      const std::span<const float> dense(reference.data() + r * size, size);
      const std::span<const float> own(logits.data() + r * size, size);
      const std::int32_t came = text_.ids[first_ + at + r + 1];
      const std::int32_t guess = top_token(own);
      losses.loss[at + r] = static_cast<float>(next_token_loss(own, came));
      losses.right[at + r] = guess == came ? 1 : 0;
      losses.agrees[at + r] = guess == top_token(dense) ? 1 : 0;
      losses.divergence[at + r] =
          &reference == &logits ? 0 : static_cast<float>(divergence(dense, own));
    });
  }

  const ClosedLoop& loop_;
  const ClosedText& text_;
  std::size_t first_, count_;
};

// A policy over a text.
struct Run {
  std::size_t text = 0, policy = 0;
};

// Runs of a batch, text by text, no more rows than fit.
std::vector<std::vector<Run>> batches(const std::vector<ClosedText>& texts, std::size_t policies) {
  std::vector<std::vector<Run>> all(1);
  std::size_t rows = 0;
  for (std::size_t text = 0; text < texts.size(); ++text) {
    for (std::size_t policy = 0; policy < policies; ++policy) {
      if (rows > 0 && rows + texts[text].tokens() > kRowsAtOnce) {
        all.emplace_back();
        rows = 0;
      }
      rows += texts[text].tokens();
      all.back().push_back({text, policy});
    }
  }
  return all;
}

// Hidden states of dense attention, by text, those of a batch together.
std::vector<std::vector<float>> dense_walks(const ClosedLoop& loop,
                                            const std::vector<ClosedText>& texts) {
  std::vector<std::vector<float>> all;
  for (std::size_t first = 0; first < texts.size();) {
    std::vector<TokenSpan> spans;
    std::size_t rows = 0;
    std::size_t end = first;
    for (; end < texts.size() && (end == first || rows + texts[end].tokens() <= kRowsAtOnce);
         ++end) {
      spans.emplace_back(texts[end].ids);
      rows += texts[end].tokens();
    }
    const std::vector<float> hidden =
        walk_layers(loop.model, loop.pool, loop.rotary, spans, [&](std::span<const TextRows> each) {
          for (const TextRows& text : each) {
            loop.dense(loop.model.shape(), loop.pool, text.rows, text.outputs);
          }
        });
    auto from = hidden.begin();
    for (const TokenSpan span : spans) {
      const auto to = from + static_cast<std::ptrdiff_t>(span.size() * loop.model.shape().hidden);
      all.emplace_back(from, to);
      from = to;
    }
    first = end;
  }
  return all;
}

}  // namespace

TokenLayer closed_token_layer(const LanguageModelShape& shape, const ClosedText& text,
                              std::uint32_t layer) {
  TokenLayer told;
  told.bounds = {text.prompt_tokens, text.tokens(), layer, shape.layers, shape.kv_heads};
  told.group = shape.group();
  told.rope_theta = shape.rope_theta;
  told.vectors.heads = shape.heads;
  told.vectors.kv_heads = shape.kv_heads;
  told.vectors.dim = shape.head_dim;
  told.ids = text.ids;
  told.token_class = text.token_class;
  told.token_rarity = text.token_rarity;
  return told;
}

std::string closed_loop_refusal(const LanguageModelShape& shape, const AttentionControl* control,
                                const std::vector<ClosedText>& texts,
                                const std::vector<TokenPolicyMaker>& policies,
                                const std::vector<std::string>& names) {
  for (std::size_t p = 0; p < policies.size(); ++p) {
    const auto policy = policies[p]();
    for (const ClosedText& text : texts) {
      for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
        const std::string why = policy->refusal(closed_token_layer(shape, text, layer));
        if (!why.empty()) return fmt::format("{} on text {}: {}", names[p], text.number, why);
      }
    }
  }
  if (control == nullptr) return {};
  for (const ClosedText& text : texts) {
    if (text.prompt_tokens > 0) {
      return fmt::format(
          "the controller on text {}: a prompt is one dense forward, which no "
          "controller reaches; it needs texts without a prompt",
          text.number);
    }
  }
  const std::string why = control->refusal({shape.layers, shape.heads});
  return why.empty() ? "" : "the controller: " + why;
}

std::vector<ClosedWalk> walk_policies(const ClosedLoop& loop,
                                      const std::vector<const ClosedText*>& texts,
                                      const std::vector<const TokenPolicyMaker*>& policies) {
  const LanguageModelShape& shape = loop.model.shape();
  std::vector<ClosedWalk> walks(texts.size());
  std::vector<TokenSpan> spans;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    spans.emplace_back(texts[i]->ids);
    walks[i].heads.resize(shape.layers);
    walks[i].steps.resize(texts[i]->tokens() - texts[i]->prompt_tokens);
  }
  const std::vector<float> hidden =
      walk_layers(loop.model, loop.pool, loop.rotary, spans, [&](std::span<const TextRows> rows) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
          attend_prompt(loop, texts[i]->prompt_tokens, rows[i]);
        }
        loop.pool.run(rows.size(), [&](std::size_t i) {
          attend_text(loop, *texts[i], *policies[i], rows[i], walks[i]);
        });
      });
  auto from = hidden.begin();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto to = from + static_cast<std::ptrdiff_t>(spans[i].size() * shape.hidden);
    walks[i].hidden.assign(from, to);
    from = to;
  }
  return walks;
}

ClosedLoopResult run_closed_loop(const ClosedLoop& loop, const std::vector<ClosedText>& texts,
                                 const std::vector<TokenPolicyMaker>& policies) {
  ClosedLoopResult result;
  const std::vector<std::vector<float>> dense = dense_walks(loop, texts);
  result.sequences.resize(texts.size());
  std::vector<std::vector<std::vector<HeadReplay>>> heads(texts.size() * policies.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    result.sequences[i].policies.resize(policies.size());
    result.replay.sequences.push_back({static_cast<std::uint32_t>(i), {}});
    result.replay.sequences.back().steps.resize(policies.size());
  }
  const std::size_t all = texts.size() * policies.size();
  std::size_t done = 0;
  for (const std::vector<Run>& batch : batches(texts, policies.size())) {
    std::vector<const ClosedText*> batch_texts;
    std::vector<const TokenPolicyMaker*> batch_policies;
    for (const Run& run : batch) {
      batch_texts.push_back(&texts[run.text]);
      batch_policies.push_back(&policies[run.policy]);
    }
    std::vector<ClosedWalk> walks = walk_policies(loop, batch_texts, batch_policies);
    for (std::size_t first = 0; first < batch.size();) {
      std::size_t end = first;
      const std::size_t text = batch[first].text;
      SequenceQuality& quality = result.sequences[text];
      std::vector<std::span<const float>> hidden;
      std::vector<TokenLosses*> losses;
      for (; end < batch.size() && batch[end].text == text; ++end) {
        const std::size_t policy = batch[end].policy;
        hidden.emplace_back(walks[end].hidden);
        losses.push_back(&quality.policies[policy]);
        heads[text * policies.size() + policy] = std::move(walks[end].heads);
        result.replay.sequences[text].steps[policy] = std::move(walks[end].steps);
      }
      Judge(loop, texts[text]).judge(dense[text], hidden, quality.dense, losses);
      first = end;
    }
    done += batch.size();
    if (loop.progress) loop.progress(done, all);
  }
  for (std::uint32_t p = 0; p < policies.size(); ++p) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      auto& layers = heads[i * policies.size() + p];
      for (std::uint32_t layer = 0; layer < layers.size(); ++layer) {
        for (std::uint32_t head = 0; head < layers[layer].size(); ++head) {
          result.replay.rows.push_back(
              {p, texts[i].number, layer, head, std::move(layers[layer][head])});
        }
      }
    }
  }
  return result;
}

}  // namespace kvern
