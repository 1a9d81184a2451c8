// Port: what a language model computes around its attention: queries, keys and values of a layer,
// the hidden state after attention, the logits. Asked by the attention machine, which owns every
// cache and does the attention itself (positions, scores, eviction). Answered in
// models/transformer.
//
// Every call works on rows; a row is one token of one sequence, and rows never mix. So the caller
// chooses the order of work:
//   layer-major  given text: rows = all tokens of a sequence (or of several), layer after layer;
//                projections are matrix products over all rows, and only the machine's
//                attention walks token by token inside the layer. The hidden states are those of
//                token-by-token decoding with eviction, as long as nothing the policy of a layer
//                decides depends on a later layer or token.
//   step-major   rows = the current token of each of many sequences, in lock-step.
// The two agree up to the rounding of matrix products of different shapes (float32).
//
// One walk: embed; for each layer: project, attention by the caller, finish_layer; then logits.
// Arrays are dense and row-major, float32. Values repeat bit for bit on one machine, for the same
// rows in the same calls. Calls use all threads of the model and are not made concurrently.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace kvern {

struct LanguageModelShape {
  std::string name;  // "smollm2-135m": attribute `model` of recordings and profiles
  std::uint32_t layers = 0;
  std::uint32_t hidden = 0;
  std::uint32_t heads = 0;  // query heads; head h reads KV head h / (heads / kv_heads)
  std::uint32_t kv_heads = 0;
  std::uint32_t head_dim = 0;
  std::uint32_t vocabulary = 0;
  double rope_theta = 0;  // rotary positions on pairs (i, i + head_dim / 2): rotary.h

  std::uint32_t group() const { return heads / kv_heads; }
};

class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  virtual const LanguageModelShape& shape() const = 0;
  // hidden [rows][hidden] of `tokens` [rows], each in 0 .. vocabulary-1.
  virtual void embed(std::span<const std::int32_t> tokens, std::span<float> hidden) = 0;
  // Queries [rows][heads][head_dim], keys and values [rows][kv_heads][head_dim] of a layer, all
  // before rotation: the caller rotates queries and keys by the positions it chooses.
  virtual void project(std::uint32_t layer, std::span<const float> hidden, std::span<float> queries,
                       std::span<float> keys, std::span<float> values) = 0;
  // Takes the layer's attention outputs [rows][heads][head_dim] and moves `hidden` to the next
  // layer's: output projection and MLP, each with its residual.
  virtual void finish_layer(std::uint32_t layer, std::span<const float> attention,
                            std::span<float> hidden) = 0;
  // logits [rows][vocabulary] of the token after each row; `hidden` is that of the last layer.
  virtual void logits(std::span<const float> hidden, std::span<float> logits) = 0;
  // Multiplications and additions of the above for one row and one layer, and of its logits.
  virtual std::uint64_t layer_flops() const = 0;
  virtual std::uint64_t logits_flops() const = 0;
};

}  // namespace kvern
