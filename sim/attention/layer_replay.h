// Replays one recorded layer of one sequence under many policies in one pass: each step's full row
// is computed once, then every policy attends over what it kept, is measured, scores and evicts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/attention/attention_form.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

using TokenPolicyMaker = std::function<std::unique_ptr<TokenEviction>()>;

struct ReplayOptions {
  AttentionForm form = AttentionForm::Softmax;
  double kv_bytes = 2;  // of a number in the cache
};

// A KV head under a policy. Sums run over decode steps x query heads of the group.
struct HeadReplay {
  std::vector<std::uint32_t> kept;    // positions visible at the next step
  std::vector<std::uint32_t> hidden;  // resident but masked then
  std::uint32_t steps = 0;
  std::uint64_t rows = 0;       // that recall is of: all but the null ones
  std::uint64_t null_rows = 0;  // full rows without any mass
  double recall_sum = 0, recall_min = 1;
  double error_sum = 0;              // norm(o - o~) / norm(o)
  std::uint32_t resident_max = 0;    // after eviction
  std::uint32_t read_last_step = 0;  // tokens a query head reads, the new one among them
  TokenWork work;                    // of the decode steps, the policy's own included
};

struct LayerReplay {
  std::vector<std::vector<HeadReplay>> heads;  // [policy][kv head]
  // [policy][decode step], sums over the layer's query heads: recall and rows with one.
  std::vector<std::vector<float>> step_recall;
  std::vector<std::vector<std::uint16_t>> step_rows;
  // [policy][kv head][decode step]: tokens held after it.
  std::vector<std::vector<std::vector<std::uint32_t>>> resident;
};

// The policies must not refuse the layer.
LayerReplay replay_layer(const TokenLayer& layer, const std::vector<TokenPolicyMaker>& policies,
                         const ReplayOptions& options);

}  // namespace kvern
