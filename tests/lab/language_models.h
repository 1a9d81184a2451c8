// Language models small enough to be written by a test, and what the closed loop needs to run one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/transformer/weights.h"
#include "sim/attention/machine/closed_loop.h"

namespace kvern::lab {

// Random weights of a shape, scaled so that activations stay near 1.
Weights random_weights(const LanguageModelShape& shape, std::uint32_t intermediate, bool tied,
                       std::uint64_t seed);
void write_weights(const Weights& weights, const std::string& path);
LanguageModelShape tiny_shape();     // 2 layers, 32 wide, 4/2 heads of 8, 96 tokens
LanguageModelShape smollm2_shape();  // 135M parameters with an MLP of 1536, tied
std::vector<std::int32_t> random_tokens(std::size_t count, std::uint32_t vocabulary,
                                        std::uint64_t seed);

// A closed loop over a model, and texts for it.
ClosedLoop closed_loop(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                       const ClosedOptions& options = {});
ClosedText closed_text(std::vector<std::int32_t> tokens, std::uint32_t prompt_tokens = 0);

}  // namespace kvern::lab
