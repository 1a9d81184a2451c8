// Language models small enough to be written by a test, and the two orders of the closed loop over
// them: layer-major and step-major, with the same evicting cache. The cache drops the position
// of the lowest accumulated attention (heavy hitters without a recent window; ties: lowest slot).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/transformer/weights.h"
#include "sim/attention/rotary.h"
#include "sim/base/worker_pool.h"
#include "sim/ports/language_model.h"

namespace kvern::lab {

// Random weights of a shape, scaled so that activations stay near 1.
Weights random_weights(const LanguageModelShape& shape, std::uint32_t intermediate, bool tied,
                       std::uint64_t seed);
void write_weights(const Weights& weights, const std::string& path);
LanguageModelShape tiny_shape();     // 2 layers, 32 wide, 4/2 heads of 8, 96 tokens
LanguageModelShape smollm2_shape();  // 135M parameters with an MLP of 1536, tied
std::vector<std::int32_t> random_tokens(std::size_t count, std::uint32_t vocabulary,
                                        std::uint64_t seed);

// Keys and values of one sequence, layer and KV head in slots, in any order.
class SlotCache {
 public:
  SlotCache(std::size_t dim, std::size_t group, std::size_t capacity);
  // Appends a token's rotated key and its value, attends with the group's rotated queries
  // [group][dim] into `output` [group][dim], and keeps `kept` tokens.
  void step(std::span<const float> queries, const float* key, const float* value, std::size_t kept,
            float* output);

 private:
  std::size_t dim_;
  std::size_t group_;
  std::size_t stride_;
  std::size_t count_ = 0;
  std::vector<float> keys_;
  std::vector<float> values_;
  std::vector<float> weights_;
  std::vector<float> scores_;
};

// The last layer's hidden states [T][hidden] of one text, layer by layer.
std::vector<float> walk_layer_major(LanguageModel& model, WorkerPool& pool, const Rotary& rotary,
                                    std::span<const std::int32_t> tokens, std::size_t kept);

// Many sequences token by token, in lock-step.
class StepWalk {
 public:
  StepWalk(LanguageModel& model, WorkerPool& pool, const Rotary& rotary, std::size_t sequences,
           std::size_t kept);
  // The last layer's hidden states [sequences][hidden] of one token each.
  std::span<const float> step(std::span<const std::int32_t> tokens);

 private:
  LanguageModel& model_;
  WorkerPool& pool_;
  const Rotary& rotary_;
  std::size_t sequences_;
  std::size_t kept_;
  std::int64_t position_ = 0;
  std::vector<SlotCache> caches_;  // [layer][sequence][KV head]
  std::vector<float> hidden_;
  std::vector<float> queries_;
  std::vector<float> keys_;
  std::vector<float> values_;
  std::vector<float> outputs_;
};

}  // namespace kvern::lab
