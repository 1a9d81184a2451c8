#include "sim/attention/machine/text_walk.h"

namespace kvern {

std::vector<float> walk_layers(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                               std::span<const TokenSpan> texts, const LayerAttention& attention) {
  const LanguageModelShape& shape = model.shape();
  const std::size_t query_row = std::size_t{shape.heads} * shape.head_dim;
  const std::size_t key_row = std::size_t{shape.kv_heads} * shape.head_dim;
  std::vector<std::int32_t> tokens;
  std::vector<std::size_t> first;  // row of each text
  for (const TokenSpan text : texts) {
    first.push_back(tokens.size());
    tokens.insert(tokens.end(), text.begin(), text.end());
  }
  std::vector<float> hidden(tokens.size() * shape.hidden);
  std::vector<float> queries(tokens.size() * query_row);
  std::vector<float> keys(tokens.size() * key_row);
  std::vector<float> values(keys.size());
  std::vector<float> outputs(queries.size());
  model.embed(tokens, hidden);
  std::vector<TextRows> rows(texts.size());
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    model.project(layer, hidden, queries, keys, values);
    pool.run(texts.size(), [&](std::size_t i) {
      const std::size_t count = texts[i].size();
      const std::span<float> q(queries.data() + first[i] * query_row, count * query_row);
      const std::span<float> k(keys.data() + first[i] * key_row, count * key_row);
      rotary.turn_rows(q, query_row, 0);
      rotary.turn_rows(k, key_row, 0);
      rows[i] = {{layer, q, k, {values.data() + first[i] * key_row, count * key_row}},
                 {outputs.data() + first[i] * query_row, count * query_row}};
    });
    attention(rows);
    model.finish_layer(layer, outputs, hidden);
  }
  return hidden;
}

}  // namespace kvern
