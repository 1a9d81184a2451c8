// The closed loop: given texts through a language model whose attention is a token policy's, so
// that what the policy dropped changes the hidden states, and the loss of each next token is real.
//
// Layer-major (sim/attention/machine/text_walk.h): exactly the hidden states of token-by-token
// decoding with eviction, because a policy at a layer sees only that layer. LockStep below walks
// step by step, for whoever needs every layer of a token before the next token; policies that look
// ahead, or copy the layer at its start, are refused there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/attention/machine/closed_layer.h"
#include "sim/attention/machine/open_loop.h"
#include "sim/attention/machine/text_walk.h"

namespace kvern {

struct ClosedText {
  std::uint32_t number = 0;
  std::vector<std::int32_t> ids;
  std::uint32_t prompt_tokens = 0;
  std::vector<std::uint8_t> token_class;
  std::vector<float> token_rarity;
  std::uint32_t tokens() const { return static_cast<std::uint32_t>(ids.size()); }
};

// What one run said of the tokens first, first + 1, ... of a text, each from the row before it.
// `divergence` and `agrees` compare with dense attention.
struct TokenLosses {
  std::uint32_t first = 0;
  std::vector<float> loss;           // nats
  std::vector<float> divergence;     // nats, >= -1e-6
  std::vector<std::uint8_t> right;   // the best guess came
  std::vector<std::uint8_t> agrees;  // same best guess
};

struct SequenceQuality {
  TokenLosses dense;
  std::vector<TokenLosses> policies;
};

struct ClosedLoopResult {
  OpenLoopResult replay;                   // the same rows and steps as the open loop's
  std::vector<SequenceQuality> sequences;  // of each text
};

// Full causal attention of one text's rows 0 .. n-1 (models/transformer: causal_attention).
using DenseAttention = std::function<void(const LanguageModelShape&, WorkerPool&, const LayerRows&,
                                          std::span<float> outputs)>;

struct ClosedLoop {
  LanguageModel& model;
  WorkerPool& pool;
  const Rotary& rotary;  // reaches the longest text
  DenseAttention dense;
  ClosedOptions options;
  // Called after each batch of runs: runs done, of all.
  std::function<void(std::size_t done, std::size_t all)> progress;
};

// What a policy is told of a layer of a text, without its vectors.
TokenLayer closed_token_layer(const LanguageModelShape& shape, const ClosedText& text,
                              std::uint32_t layer);

// Why a policy, or the controller (null: none), can't run on a text; empty when all can.
std::string closed_loop_refusal(const LanguageModelShape& shape, const AttentionControl* control,
                                const std::vector<ClosedText>& texts,
                                const std::vector<TokenPolicyMaker>& policies,
                                const std::vector<std::string>& names);

ClosedLoopResult run_closed_loop(const ClosedLoop& loop, const std::vector<ClosedText>& texts,
                                 const std::vector<TokenPolicyMaker>& policies);

// The last layer's hidden states [T][hidden] under one policy, and its layers' measurements.
struct ClosedWalk {
  std::vector<float> hidden;
  std::vector<std::vector<HeadReplay>> heads;  // [layer][kv head]
  std::vector<StepReplay> steps;
};
std::vector<ClosedWalk> walk_policies(const ClosedLoop& loop,
                                      const std::vector<const ClosedText*>& texts,
                                      const std::vector<const TokenPolicyMaker*>& policies);

}  // namespace kvern
