// One causal forward of a whole text, nothing evicted: the reference of the closed loop, and what
// recordings are made of.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/attention/machine/text_walk.h"

namespace kvern {

using LayerSink = std::function<void(const LayerRows&)>;

// The last layer's hidden states [T][hidden]; `sink`, where given, sees every layer. `rotary`
// reaches T - 1.
std::vector<float> dense_forward(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                                 std::span<const std::int32_t> tokens, const LayerSink& sink = {});

// outputs [T][heads][dim]: each row attends to itself and all rows before it.
void causal_attention(const LanguageModelShape& shape, WorkerPool& pool, const LayerRows& rows,
                      std::span<float> outputs);

}  // namespace kvern
