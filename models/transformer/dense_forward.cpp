#include "models/transformer/dense_forward.h"

#include <algorithm>
#include <cmath>

#include "models/transformer/linear_algebra.h"
#include "sim/attention/head/group_attention.h"

namespace kvern {
namespace {

constexpr std::size_t kQueryBlock = 64;

// Rows first .. first + count - 1 of one query head, by two matrix products with the softmax of
// each row's own past between them.
void attend_block(const LanguageModelShape& shape, const LayerRows& rows, std::size_t head,
                  std::size_t first, std::size_t count, std::span<float> outputs) {
  const std::size_t dim = shape.head_dim;
  const std::size_t query_row = shape.heads * dim;
  const std::size_t key_row = shape.kv_heads * dim;
  const std::size_t kv_head = head / shape.group();
  const std::size_t past = first + count;
  const std::size_t stride = (past + 7) / 8 * 8;
  std::vector<float> weights(count * stride);
  multiply_transposed({rows.queries.data() + first * query_row + head * dim, count, dim, query_row},
                      {rows.keys.data() + kv_head * dim, past, dim, key_row}, weights.data(),
                      stride, 1 / std::sqrt(static_cast<float>(dim)));
  for (std::size_t r = 0; r < count; ++r) {
    GroupAttention row;
    row.queries = 1;
    row.count = first + r + 1;
    row.weights = weights.data() + r * stride;
    row.stride = stride;
    attention_softmax(row);
    std::fill(row.weights + row.count, row.weights + stride, 0.0F);
  }
  multiply({weights.data(), count, past, stride},
           {rows.values.data() + kv_head * dim, past, dim, key_row},
           outputs.data() + first * query_row + head * dim, query_row);
}

}  // namespace

void causal_attention(const LanguageModelShape& shape, WorkerPool& pool, const LayerRows& rows,
                      std::span<float> outputs) {
  const std::size_t total = rows.queries.size() / (std::size_t{shape.heads} * shape.head_dim);
  const std::size_t blocks = (total + kQueryBlock - 1) / kQueryBlock;
  pool.run(blocks * shape.heads, [&](std::size_t task) {
    // The longest pasts first: the short ones fill the gaps at the end.
    const std::size_t first = (blocks - 1 - task / shape.heads) * kQueryBlock;
    attend_block(shape, rows, task % shape.heads, first, std::min(kQueryBlock, total - first),
                 outputs);
  });
}

std::vector<float> dense_forward(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                                 std::span<const std::int32_t> tokens, const LayerSink& sink) {
  return walk_layers(model, pool, rotary, {&tokens, 1}, [&](std::span<const TextRows> texts) {
    if (sink) sink(texts[0].rows);
    causal_attention(model.shape(), pool, texts[0].rows, texts[0].outputs);
  });
}

}  // namespace kvern
