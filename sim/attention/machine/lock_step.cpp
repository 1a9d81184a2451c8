#include "sim/attention/machine/lock_step.h"

#include <algorithm>

namespace kvern {

LockStep::LockStep(const ClosedLoop& loop, std::span<const ClosedText> texts,
                   const TokenPolicyMaker& policy)
    : loop_(loop), texts_(texts), tokens_(texts.size()) {
  const LanguageModelShape& shape = loop.model.shape();
  const std::size_t query_row = std::size_t{shape.heads} * shape.head_dim;
  const std::size_t key_row = std::size_t{shape.kv_heads} * shape.head_dim;
  hidden_.resize(texts.size() * shape.hidden);
  queries_.resize(texts.size() * query_row);
  keys_.resize(texts.size() * key_row);
  values_.resize(keys_.size());
  outputs_.resize(queries_.size());
  for (std::uint32_t number = 0; number < shape.layers; ++number) {
    for (const ClosedText& text : texts) {
      Layer& layer = layers_.emplace_back();
      layer.queries.resize(text.tokens() * query_row);
      layer.keys.resize(text.tokens() * key_row);
      layer.values.resize(layer.keys.size());
      TokenLayer told = closed_token_layer(shape, text, number);
      told.vectors.queries = layer.queries.data();
      told.vectors.keys = layer.keys.data();
      told.vectors.values = layer.values.data();
      layer.cache = std::make_unique<ClosedLayer>(told, policy(), loop.rotary, loop.options);
    }
  }
}

std::string LockStep::refusal(TokenEviction& policy) {
  if (policy.clairvoyant()) return "it looks at tokens that have not come yet";
  if (policy.storage() != nullptr) return "it copies a layer's text at the start";
  return {};
}

std::span<const float> LockStep::step() {
  const LanguageModelShape& shape = loop_.model.shape();
  const std::size_t query_row = std::size_t{shape.heads} * shape.head_dim;
  const std::size_t key_row = std::size_t{shape.kv_heads} * shape.head_dim;
  for (std::size_t i = 0; i < texts_.size(); ++i) tokens_[i] = texts_[i].ids[position_];
  loop_.model.embed(tokens_, hidden_);
  for (std::uint32_t number = 0; number < shape.layers; ++number) {
    loop_.model.project(number, hidden_, queries_, keys_, values_);
    loop_.pool.run(texts_.size(), [&](std::size_t i) {
      Layer& layer = layers_[number * texts_.size() + i];
      const std::span<float> query(queries_.data() + i * query_row, query_row);
      const std::span<float> key(keys_.data() + i * key_row, key_row);
      loop_.rotary.turn(query, position_);
      loop_.rotary.turn(key, position_);
      std::copy(query.begin(), query.end(), layer.queries.data() + position_ * query_row);
      std::copy(key.begin(), key.end(), layer.keys.data() + position_ * key_row);
      std::copy_n(values_.data() + i * key_row, key_row, layer.values.data() + position_ * key_row);
      layer.cache->step(position_, std::span(outputs_).subspan(i * query_row, query_row));
    });
    loop_.model.finish_layer(number, outputs_, hidden_);
  }
  ++position_;
  return hidden_;
}

}  // namespace kvern
