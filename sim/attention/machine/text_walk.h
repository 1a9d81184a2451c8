// The walk of given texts through a language model, layer-major: each layer sees all tokens of all
// texts before the next layer begins, so projections are products over all rows, and only the
// attention decides how it goes through a text. Dense forwards, recordings and the closed loop are
// this walk with different attention.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/attention/head/rotary.h"
#include "sim/base/worker_pool.h"
#include "sim/ports/language_model.h"

namespace kvern {

// One text's rows in a layer, rotated by their positions 0, 1, ...: queries [T][heads][dim], keys
// and values [T][kv_heads][dim].
struct LayerRows {
  std::uint32_t layer = 0;
  std::span<const float> queries;
  std::span<const float> keys;
  std::span<const float> values;
};

using TokenSpan = std::span<const std::int32_t>;

// Fills `outputs` [T][heads][dim] of each text; may use the pool.
struct TextRows {
  LayerRows rows;
  std::span<float> outputs;
};
using LayerAttention = std::function<void(std::span<const TextRows> texts)>;

// The last layer's hidden states [T][hidden], text after text. `rotary` reaches T - 1.
std::vector<float> walk_layers(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                               std::span<const TokenSpan> texts, const LayerAttention& attention);

}  // namespace kvern
