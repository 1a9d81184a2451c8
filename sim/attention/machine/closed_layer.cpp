#include "sim/attention/machine/closed_layer.h"

#include <algorithm>

namespace kvern {
namespace {

TokenLayer told(TokenLayer layer, const ClosedOptions& options) {
  layer.kv_bytes = options.kv_bytes;
  layer.seed = options.seed;
  return layer;
}

}  // namespace

ClosedLayer::ClosedLayer(const TokenLayer& layer, std::unique_ptr<TokenEviction> policy,
                         const Rotary& rotary, const ClosedOptions& options)
    : layer_(told(layer, options)),
      interrupt_(options.interrupt),
      full_(layer_, options.interrupt) {
  policy->begin(layer_, full_);
  kernel_ = std::make_unique<FloatKernel>(layer_, full_, rotary, CacheRules::of(*policy, layer_),
                                          options.measure);
  step_ = std::make_unique<LayerStep>(layer_, std::move(policy), options.control, options.measure);
}

void ClosedLayer::step(std::uint32_t position, std::span<float> outputs) {
  interrupt_.check();
  const std::uint32_t prompt = layer_.bounds.prompt_tokens;
  if (position >= prompt) {
    kernel_->write_to(outputs);
    step_->step(*kernel_, position);
    return;
  }
  const std::size_t group_row = std::size_t{layer_.group} * layer_.vectors.dim;
  for (std::uint32_t head = 0; head < layer_.vectors.kv_heads; ++head) {
    const FullCache::Group full = full_.attend(head, position);
    std::copy_n(full.outputs, group_row,
                outputs.begin() + static_cast<std::ptrdiff_t>(head * group_row));
  }
  if (position + 1 == prompt) prefill();
}

}  // namespace kvern
