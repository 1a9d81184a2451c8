// Replays one recorded layer of one sequence under many policies in one pass: each step's full row
// is computed once, then every policy takes the machine's step (layer_step.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/attention/head/attention_form.h"
#include "sim/attention/head/head_replay.h"
#include "sim/base/interrupt.h"
#include "sim/ports/attention_control.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

using TokenPolicyMaker = std::function<std::unique_ptr<TokenEviction>()>;

struct ReplayOptions {
  AttentionForm form = AttentionForm::Softmax;
  double kv_bytes = 2;     // of a number in the cache
  std::uint64_t seed = 0;  // TokenLayer
  Interrupt interrupt;
  const AttentionControl* control = nullptr;  // of the decode steps; null: none
};

struct LayerReplay {
  std::vector<std::vector<HeadReplay>> heads;  // [policy][kv head]
  std::vector<std::vector<StepReplay>> steps;  // [policy][decode step]
  // [policy][kv head][decode step]: tokens held after it.
  std::vector<std::vector<std::vector<std::uint32_t>>> resident;
};

// The policies must not refuse the layer.
LayerReplay replay_layer(const TokenLayer& layer, const std::vector<TokenPolicyMaker>& policies,
                         const ReplayOptions& options);

}  // namespace kvern
