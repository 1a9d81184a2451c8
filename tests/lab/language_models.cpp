#include "tests/lab/language_models.h"

#include <cmath>
#include <utility>

#include "models/transformer/dense_forward.h"
#include "sim/base/io/hdf5/array_file.h"
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
    next.gate_up = matrix(std::size_t{2} * intermediate, shape.hidden, random);
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

ClosedLoop closed_loop(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                       const ClosedOptions& options) {
  return {model, pool, rotary, causal_attention, options, {}};
}

ClosedText closed_text(std::vector<std::int32_t> tokens, std::uint32_t prompt_tokens) {
  ClosedText text;
  text.ids = std::move(tokens);
  text.prompt_tokens = prompt_tokens;
  return text;
}

}  // namespace kvern::lab
