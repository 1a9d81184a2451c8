// The step of the attention machine: one layer of one text under one policy, and maybe a
// controller. Append the new token, choose what each query head reads, attend, measure, count,
// score and evict. Recordings, a language model layer by layer and one in lock-step all do this
// step; their arithmetic is the kernel's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/attention/machine/layer_kernel.h"
#include "sim/ports/attention_control.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

class LayerStep {
 public:
  // `layer`, `kernel` and `control` (null: none) outlive this. The policy has begun, and does not
  // refuse the layer.
  LayerStep(const TokenLayer& layer, std::unique_ptr<TokenEviction> policy,
            const AttentionControl* control, bool measure);

  // The whole prompt is appended, and evicted from once.
  void prefill(LayerKernel& kernel);
  // A decode step; positions come one after the other.
  void step(LayerKernel& kernel, std::uint32_t position);

  TokenEviction& policy() { return *policy_; }
  // At the end: by KV head.
  std::vector<HeadReplay> heads(const LayerKernel& kernel);
  const std::vector<StepReplay>& steps() const { return steps_; }
  // [kv head][decode step]: tokens held after it.
  const std::vector<std::vector<std::uint32_t>>& resident() const { return resident_; }

 private:
  struct Head {
    GroupRows rows;
    TokenWork own;  // the policy's, in this step
    HeadReplay replay;
  };

  ControlledHead head_at(std::uint32_t kv_head, std::uint32_t g, std::uint32_t position) const {
    return {layer_->bounds.layer, kv_head * layer_->group + g, position};
  }
  void choose(std::uint32_t kv_head, std::uint32_t position, std::span<const std::uint32_t> kept);
  void count_work(const LayerKernel& kernel, std::uint32_t kv_head, std::size_t kept,
                  StepReplay& sums);
  void count_readings(Head& head, StepReplay& sums);
  void evict(LayerKernel& kernel, std::uint32_t position, StepReplay& sums);
  void drop(LayerKernel& kernel, std::uint32_t kv_head, TokenWork& work);

  const TokenLayer* layer_;
  std::unique_ptr<TokenEviction> policy_;
  TokenReading* reading_;
  TokenStorage* storage_;
  const AttentionControl* control_;
  bool measure_;
  std::vector<Head> heads_;
  std::vector<StepReplay> steps_;
  std::vector<std::vector<std::uint32_t>> resident_;
  std::vector<TokenHead> views_;
  std::vector<TokenDrops> drops_;
  GroupSlots slots_;  // of the group at hand
  std::vector<std::uint8_t> read_by_any_;
};

}  // namespace kvern
