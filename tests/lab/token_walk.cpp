#include "tests/lab/token_walk.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/attention/group_attention.h"
#include "sim/base/array_file.h"
#include "sim/base/random.h"

namespace kvern::lab {
namespace {

std::vector<float> uniform(std::size_t count, double half_width, double centre, Stream& random) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = static_cast<float>(centre + half_width * (2 * random.uniform() - 1));
  }
  return values;
}

// Rows of `inputs` values, of variance 1 / inputs: a row of variance 1 stays one.
std::vector<float> matrix(std::size_t outputs, std::size_t inputs, Stream& random) {
  return uniform(outputs * inputs, std::sqrt(3.0 / static_cast<double>(inputs)), 0, random);
}

}  // namespace

Weights random_weights(const LanguageModelShape& shape, std::uint32_t intermediate, bool tied,
                       std::uint64_t seed) {
  Stream random(seed, "lab");
  Weights weights;
  weights.shape = shape;
  weights.intermediate = intermediate;
  weights.norm_epsilon = 1e-5F;
  const std::size_t queries = std::size_t{shape.heads} * shape.head_dim;
  const std::size_t keys = std::size_t{shape.kv_heads} * shape.head_dim;
  weights.embedding = uniform(std::size_t{shape.vocabulary} * shape.hidden, 1, 0, random);
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    LayerWeights next;
    next.attention_norm = uniform(shape.hidden, .2, 1, random);
    next.query = matrix(queries, shape.hidden, random);
    next.key = matrix(keys, shape.hidden, random);
    next.value = matrix(keys, shape.hidden, random);
    next.output = matrix(shape.hidden, queries, random);
    next.mlp_norm = uniform(shape.hidden, .2, 1, random);
    next.gate_up = matrix(2 * intermediate, shape.hidden, random);
    next.down = matrix(shape.hidden, intermediate, random);
    weights.layers.push_back(std::move(next));
  }
  weights.final_norm = uniform(shape.hidden, .2, 1, random);
  if (!tied) weights.head = matrix(shape.vocabulary, shape.hidden, random);
  return weights;
}

void write_weights(const Weights& weights, const std::string& path) {
  ArrayWriter file(path);
  const LanguageModelShape& shape = weights.shape;
  file.set_attribute("/", "format", std::string("kvern.weights"));
  file.set_attribute("/", "model", shape.name);
  const std::pair<const char*, std::uint32_t> counts[] = {{"version", 1},
                                                          {"layers", shape.layers},
                                                          {"hidden", shape.hidden},
                                                          {"heads", shape.heads},
                                                          {"kv_heads", shape.kv_heads},
                                                          {"head_dim", shape.head_dim},
                                                          {"intermediate", weights.intermediate},
                                                          {"vocabulary", shape.vocabulary}};
  for (const auto& [name, count] : counts) {
    file.set_attribute("/", name, std::int64_t{count});
  }
  file.set_attribute("/", "rope_theta", shape.rope_theta);
  file.set_attribute("/", "norm_epsilon", double{weights.norm_epsilon});
  // Rows of `columns`; 0: a vector.
  const auto write = [&](const std::string& name, std::span<const float> values,
                         std::uint64_t columns) {
    const Extents extents =
        columns == 0 ? Extents{values.size()} : Extents{values.size() / columns, columns};
    file.create(name, extents, ArrayType::F32, "1", "");
    file.write_all(name, extents, values);
  };
  write("/embedding", weights.embedding, shape.hidden);
  write("/final_norm", weights.final_norm, 0);
  if (!weights.head.empty()) write("/head", weights.head, shape.hidden);
  for (std::size_t l = 0; l < weights.layers.size(); ++l) {
    const LayerWeights& layer = weights.layers[l];
    const std::string group = "/layers/" + std::to_string(l) + "/";
    const std::span<const float> gate_up(layer.gate_up);
    write(group + "attention_norm", layer.attention_norm, 0);
    write(group + "query", layer.query, shape.hidden);
    write(group + "key", layer.key, shape.hidden);
    write(group + "value", layer.value, shape.hidden);
    write(group + "output", layer.output, std::uint64_t{shape.heads} * shape.head_dim);
    write(group + "mlp_norm", layer.mlp_norm, 0);
    write(group + "gate", gate_up.first(gate_up.size() / 2), shape.hidden);
    write(group + "up", gate_up.last(gate_up.size() / 2), shape.hidden);
    write(group + "down", layer.down, weights.intermediate);
  }
  file.close();
}

LanguageModelShape tiny_shape() { return {"tiny", 2, 32, 4, 2, 8, 96, 10000}; }

LanguageModelShape smollm2_shape() { return {"random-135m", 30, 576, 9, 3, 64, 49152, 100000}; }

std::vector<std::int32_t> random_tokens(std::size_t count, std::uint32_t vocabulary,
                                        std::uint64_t seed) {
  Stream random(seed, "lab");
  std::vector<std::int32_t> tokens(count);
  for (std::int32_t& token : tokens) {
    token = static_cast<std::int32_t>(random.uniform() * vocabulary);
  }
  return tokens;
}

SlotCache::SlotCache(std::size_t dim, std::size_t group, std::size_t capacity)
    : dim_(dim),
      group_(group),
      stride_((capacity + 7) / 8 * 8),
      keys_(capacity * dim),
      values_(capacity * dim),
      weights_(group * stride_),
      scores_(stride_) {}

void SlotCache::step(std::span<const float> queries, const float* key, const float* value,
                     std::size_t kept, float* output) {
  const std::size_t slot = count_++;
  std::copy(key, key + dim_, keys_.data() + slot * dim_);
  std::copy(value, value + dim_, values_.data() + slot * dim_);
  scores_[slot] = 0;
  attend({dim_, group_, queries.data(), keys_.data(), values_.data(), count_,
          1 / std::sqrt(static_cast<float>(dim_)), weights_.data(), stride_, output});
  for (std::size_t q = 0; q < group_; ++q) {
    for (std::size_t k = 0; k < count_; ++k) scores_[k] += weights_[q * stride_ + k];
  }
  if (count_ <= kept) return;
  // The last slot moves into the one that is dropped.
  const auto end = scores_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto drop =
      static_cast<std::size_t>(std::min_element(scores_.begin(), end) - scores_.begin());
  --count_;
  if (drop == count_) return;
  std::copy_n(keys_.data() + count_ * dim_, dim_, keys_.data() + drop * dim_);
  std::copy_n(values_.data() + count_ * dim_, dim_, values_.data() + drop * dim_);
  scores_[drop] = scores_[count_];
}

std::vector<float> walk_layer_major(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                                    std::span<const std::int32_t> tokens, std::size_t kept) {
  const LanguageModelShape& shape = model.shape();
  const std::size_t dim = shape.head_dim;
  const std::size_t query_row = shape.heads * dim;
  const std::size_t key_row = shape.kv_heads * dim;
  const std::size_t group_row = shape.group() * dim;
  std::vector<float> hidden(tokens.size() * shape.hidden);
  std::vector<float> queries(tokens.size() * query_row);
  std::vector<float> keys(tokens.size() * key_row);
  std::vector<float> values(keys.size());
  std::vector<float> outputs(queries.size());
  model.embed(tokens, hidden);
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    model.project(layer, hidden, queries, keys, values);
    rotary.turn_rows(queries, query_row, 0);
    rotary.turn_rows(keys, key_row, 0);
    pool.run(shape.kv_heads, [&](std::size_t head) {
      SlotCache cache(dim, shape.group(), std::min(kept + 1, tokens.size()));
      for (std::size_t t = 0; t < tokens.size(); ++t) {
        const std::size_t at = t * query_row + head * group_row;
        cache.step({queries.data() + at, group_row}, keys.data() + t * key_row + head * dim,
                   values.data() + t * key_row + head * dim, kept, outputs.data() + at);
      }
    });
    model.finish_layer(layer, outputs, hidden);
  }
  return hidden;
}

StepWalk::StepWalk(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                   std::size_t sequences, std::size_t kept)
    : model_(model),
      pool_(pool),
      rotary_(rotary),
      sequences_(sequences),
      kept_(kept),
      hidden_(sequences * model.shape().hidden),
      queries_(sequences * model.shape().heads * model.shape().head_dim),
      keys_(sequences * model.shape().kv_heads * model.shape().head_dim),
      values_(keys_.size()),
      outputs_(queries_.size()) {
  const LanguageModelShape& shape = model.shape();
  const std::size_t caches = sequences * shape.layers * shape.kv_heads;
  for (std::size_t i = 0; i < caches; ++i) {
    caches_.emplace_back(shape.head_dim, shape.group(), kept + 1);
  }
}

std::span<const float> StepWalk::step(std::span<const std::int32_t> tokens) {
  const LanguageModelShape& shape = model_.shape();
  const std::size_t dim = shape.head_dim;
  const std::size_t group_row = shape.group() * dim;
  model_.embed(tokens, hidden_);
  for (std::uint32_t layer = 0; layer < shape.layers; ++layer) {
    model_.project(layer, hidden_, queries_, keys_, values_);
    pool_.run(sequences_, [&](std::size_t sequence) {
      for (std::size_t head = 0; head < shape.kv_heads; ++head) {
        const std::size_t row = sequence * shape.kv_heads + head;
        const std::span<float> queries(queries_.data() + row * group_row, group_row);
        const std::span<float> key(keys_.data() + row * dim, dim);
        rotary_.turn(queries, position_);
        rotary_.turn(key, position_);
        caches_[layer * sequences_ * shape.kv_heads + row].step(queries, key.data(),
                                                                values_.data() + row * dim, kept_,
                                                                outputs_.data() + row * group_row);
      }
    });
    model_.finish_layer(layer, outputs_, hidden_);
  }
  ++position_;
  return hidden_;
}

}  // namespace kvern::lab
