#include "models/transformer/transformer.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "models/transformer/linear_algebra.h"
#include "models/transformer/narrow_product.h"
#include "models/transformer/pointwise.h"

namespace kvern {
namespace {

constexpr std::size_t kNarrowRows = 32;  // up to here the narrow product beats the BLAS
constexpr std::size_t kBlockRows = 256;
constexpr std::size_t kSlices = 8;  // of the weights, for a few rows
constexpr std::size_t kVocabularySlice = 2048;

// A matrix of weights and where its product with the rows goes.
struct Product {
  std::span<const float> weights;  // [outputs][inputs]
  std::size_t outputs;
  float* result;  // [rows][outputs]
  bool add = false;
};

class Transformer final : public LanguageModel {
 public:
  Transformer(Weights weights, WorkerPool& pool) : weights_(std::move(weights)), pool_(pool) {}

  const LanguageModelShape& shape() const override { return weights_.shape; }
  void embed(std::span<const std::int32_t> tokens, std::span<float> hidden) override;
  void project(std::uint32_t layer, std::span<const float> hidden, std::span<float> queries,
               std::span<float> keys, std::span<float> values) override;
  void finish_layer(std::uint32_t layer, std::span<const float> attention,
                    std::span<float> hidden) override;
  void logits(std::span<const float> hidden, std::span<float> logits) override;
  std::uint64_t layer_flops() const override;
  std::uint64_t logits_flops() const override {
    return std::uint64_t{2} * shape().hidden * shape().vocabulary;
  }

 private:
  std::size_t query_size() const { return std::size_t{shape().heads} * shape().head_dim; }
  std::size_t key_size() const { return std::size_t{shape().kv_heads} * shape().head_dim; }
  void normalise(const float* hidden, std::size_t rows, std::span<const float> weight,
                 float* result) const;
  void gate(float* gate_up, std::size_t rows) const;
  template <class Task>
  void for_blocks(std::size_t rows, const Task& task);
  void narrow(const float* rows, std::size_t count, std::size_t inputs,
              std::span<const Product> products);
  void finish_block(const LayerWeights& layer, const float* attention, float* hidden,
                    std::size_t rows) const;
  void finish_few(const LayerWeights& layer, const float* attention, float* hidden,
                  std::size_t rows);

  Weights weights_;
  WorkerPool& pool_;
  std::vector<float> normed_;
  std::vector<float> gate_up_;
};

void wide(const float* rows, std::size_t count, std::size_t inputs, std::size_t stride,
          const Product& product) {
  multiply_transposed({rows, count, inputs, stride},
                      {product.weights.data(), product.outputs, inputs, inputs}, product.result,
                      product.outputs, 1, product.add);
}

void Transformer::normalise(const float* hidden, std::size_t rows, std::span<const float> weight,
                            float* result) const {
  const std::size_t size = shape().hidden;
  for (std::size_t r = 0; r < rows; ++r) {
    rms_norm(hidden + r * size, weight.data(), weights_.norm_epsilon, size, result + r * size);
  }
}

// Rows [gate, up] become silu(gate) * up in their first half.
void Transformer::gate(float* gate_up, std::size_t rows) const {
  const std::size_t size = weights_.intermediate;
  for (std::size_t r = 0; r < rows; ++r) {
    float* row = gate_up + r * 2 * size;
    gated_silu(row, row + size, size);
  }
}

// task(first row, rows) for blocks of nearly equal size.
template <class Task>
void Transformer::for_blocks(std::size_t rows, const Task& task) {
  const std::size_t blocks = std::max<std::size_t>((rows + kBlockRows - 1) / kBlockRows,
                                                   std::min<std::size_t>(4, rows / kNarrowRows));
  pool_.run(blocks, [&](std::size_t i) {
    const std::size_t first = rows * i / blocks;
    task(first, rows * (i + 1) / blocks - first);
  });
}

void Transformer::narrow(const float* rows, std::size_t count, std::size_t inputs,
                         std::span<const Product> products) {
  pool_.run(products.size() * kSlices, [&](std::size_t task) {
    const Product& product = products[task / kSlices];
    const std::size_t slice = task % kSlices;
    const std::size_t first = product.outputs * slice / kSlices;
    const std::size_t end = product.outputs * (slice + 1) / kSlices;
    narrow_product({rows, count, inputs, inputs},
                   {product.weights.data() + first * inputs, end - first, inputs, inputs},
                   product.result + first, product.outputs, product.add);
  });
}

void Transformer::embed(std::span<const std::int32_t> tokens, std::span<float> hidden) {
  const std::size_t size = shape().hidden;
  for (std::size_t r = 0; r < tokens.size(); ++r) {
    const float* row = weights_.embedding.data() + static_cast<std::size_t>(tokens[r]) * size;
    std::copy(row, row + size, hidden.data() + r * size);
  }
}

void Transformer::project(std::uint32_t layer, std::span<const float> hidden,
                          std::span<float> queries, std::span<float> keys,
                          std::span<float> values) {
  const LayerWeights& weights = weights_.layers[layer];
  const std::size_t inputs = shape().hidden;
  const std::size_t rows = hidden.size() / inputs;
  const auto products = [&](std::size_t first) {
    return std::array<Product, 3>{
        Product{weights.query, query_size(), queries.data() + first * query_size()},
        Product{weights.key, key_size(), keys.data() + first * key_size()},
        Product{weights.value, key_size(), values.data() + first * key_size()}};
  };
  if (rows <= kNarrowRows) {
    normed_.resize(rows * inputs);
    normalise(hidden.data(), rows, weights.attention_norm, normed_.data());
    narrow(normed_.data(), rows, inputs, products(0));
    return;
  }
  for_blocks(rows, [&](std::size_t first, std::size_t count) {
    std::vector<float> normed(count * inputs);
    normalise(hidden.data() + first * inputs, count, weights.attention_norm, normed.data());
    for (const Product& product : products(first)) {
      wide(normed.data(), count, inputs, inputs, product);
    }
  });
}

void Transformer::finish_layer(std::uint32_t layer, std::span<const float> attention,
                               std::span<float> hidden) {
  const LayerWeights& weights = weights_.layers[layer];
  const std::size_t size = shape().hidden;
  const std::size_t rows = hidden.size() / size;
  if (rows <= kNarrowRows) {
    finish_few(weights, attention.data(), hidden.data(), rows);
    return;
  }
  for_blocks(rows, [&](std::size_t first, std::size_t count) {
    finish_block(weights, attention.data() + first * query_size(), hidden.data() + first * size,
                 count);
  });
}

void Transformer::finish_block(const LayerWeights& layer, const float* attention, float* hidden,
                               std::size_t rows) const {
  const std::size_t size = shape().hidden;
  const std::size_t mlp = weights_.intermediate;
  wide(attention, rows, query_size(), query_size(), {layer.output, size, hidden, true});
  std::vector<float> normed(rows * size);
  normalise(hidden, rows, layer.mlp_norm, normed.data());
  std::vector<float> gate_up(rows * 2 * mlp);
  wide(normed.data(), rows, size, size, {layer.gate_up, 2 * mlp, gate_up.data()});
  gate(gate_up.data(), rows);
  wide(gate_up.data(), rows, mlp, 2 * mlp, {layer.down, size, hidden, true});
}

void Transformer::finish_few(const LayerWeights& layer, const float* attention, float* hidden,
                             std::size_t rows) {
  const std::size_t size = shape().hidden;
  const std::size_t mlp = weights_.intermediate;
  narrow(attention, rows, query_size(), std::array{Product{layer.output, size, hidden, true}});
  normed_.resize(rows * size);
  normalise(hidden, rows, layer.mlp_norm, normed_.data());
  gate_up_.resize(rows * 2 * mlp);
  const std::size_t half = layer.gate_up.size() / 2;
  float* up = gate_up_.data() + rows * mlp;
  narrow(normed_.data(), rows, size,
         std::array{Product{std::span(layer.gate_up).first(half), mlp, gate_up_.data()},
                    Product{std::span(layer.gate_up).subspan(half), mlp, up}});
  pool_.run(rows, [&](std::size_t r) { gated_silu(gate_up_.data() + r * mlp, up + r * mlp, mlp); });
  narrow(gate_up_.data(), rows, mlp, std::array{Product{layer.down, size, hidden, true}});
}

void Transformer::logits(std::span<const float> hidden, std::span<float> logits) {
  const std::vector<float>& head = weights_.head.empty() ? weights_.embedding : weights_.head;
  const std::size_t size = shape().hidden;
  const std::size_t rows = hidden.size() / size;
  const std::size_t vocabulary = shape().vocabulary;
  normed_.resize(rows * size);
  normalise(hidden.data(), rows, weights_.final_norm, normed_.data());
  pool_.run((vocabulary + kVocabularySlice - 1) / kVocabularySlice, [&](std::size_t slice) {
    const std::size_t first = slice * kVocabularySlice;
    const std::size_t count = std::min(kVocabularySlice, vocabulary - first);
    const Matrix x{normed_.data(), rows, size, size};
    const Matrix part{head.data() + first * size, count, size, size};
    if (rows <= kNarrowRows) {
      narrow_product(x, part, logits.data() + first, vocabulary, false);
    } else {
      multiply_transposed(x, part, logits.data() + first, vocabulary);
    }
  });
}

std::uint64_t Transformer::layer_flops() const {
  const std::uint64_t attention = 2 * query_size() + 2 * key_size();
  return std::uint64_t{2} * shape().hidden * (attention + std::uint64_t{3} * weights_.intermediate);
}

}  // namespace

std::unique_ptr<LanguageModel> make_transformer(Weights weights, WorkerPool& pool) {
  return std::make_unique<Transformer>(std::move(weights), pool);
}

std::unique_ptr<LanguageModel> load_transformer(const std::string& path, WorkerPool& pool) {
  return make_transformer(read_weights(path), pool);
}

}  // namespace kvern
