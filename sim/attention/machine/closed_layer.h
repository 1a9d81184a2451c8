// One layer of one text under a token policy, inside the model: the machine's step with float32
// arithmetic, whose outputs go on to the next layer.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/attention/machine/float_kernel.h"
#include "sim/attention/machine/layer_step.h"
#include "sim/base/interrupt.h"

namespace kvern {

struct ClosedOptions {
  double kv_bytes = 2;     // of a number in the cache
  bool measure = true;     // recall, error and the like; else no full rows, unless the policy asks
  std::uint64_t seed = 0;  // TokenLayer
  Interrupt interrupt;
  const AttentionControl* control = nullptr;  // of the decode steps; null: none
};

class ClosedLayer {
 public:
  // `layer.vectors` hold the rows up to the step at hand, or all of them; they and `rotary` outlive
  // this. The policy does not refuse the layer.
  ClosedLayer(const TokenLayer& layer, std::unique_ptr<TokenEviction> policy, const Rotary& rotary,
              const ClosedOptions& options);
  ClosedLayer(const ClosedLayer&) = delete;
  ClosedLayer& operator=(const ClosedLayer&) = delete;

  // Fills the cache with the prompt and evicts once; the prompt's outputs are the caller's.
  void prefill() { step_->prefill(*kernel_); }
  // The new token's outputs [heads][dim]. Positions come one after the other; those of the prompt,
  // where prefill() was not called, attend to everything, and evict after the last.
  void step(std::uint32_t position, std::span<float> outputs);

  TokenEviction& policy() { return step_->policy(); }
  // At the end: by KV head, and by decode step.
  std::vector<HeadReplay> heads() { return step_->heads(*kernel_); }
  const std::vector<StepReplay>& steps() const { return step_->steps(); }

 private:
  TokenLayer layer_;
  Interrupt interrupt_;
  FullCache full_;
  std::unique_ptr<FloatKernel> kernel_;
  std::unique_ptr<LayerStep> step_;
};

}  // namespace kvern
