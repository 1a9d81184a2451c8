// The closed loop step-major: many texts token by token, all layers of a token before the next.
// What layer-major replay (closed_loop.h) must agree with; the order of a controller that couples
// layers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/attention/machine/closed_loop.h"

namespace kvern {

class LockStep {
 public:
  // Texts of equal length and prompt; they outlive this. One policy for all.
  LockStep(const ClosedLoop& loop, std::span<const ClosedText> texts,
           const TokenPolicyMaker& policy);
  // Why a policy can't run in this order; empty when it can.
  static std::string refusal(TokenEviction& policy);

  // The last layer's hidden states [texts][hidden] of the next token of each.
  std::span<const float> step();
  ClosedLayer& layer(std::size_t text, std::uint32_t layer) {
    return *layers_[layer * texts_.size() + text].cache;
  }

 private:
  struct Layer {
    std::vector<float> queries, keys, values;  // [T], as far as they are known
    std::unique_ptr<ClosedLayer> cache;
  };

  const ClosedLoop& loop_;
  std::span<const ClosedText> texts_;
  std::uint32_t position_ = 0;
  std::vector<Layer> layers_;  // [layer][text]
  std::vector<std::int32_t> tokens_;
  std::vector<float> hidden_, queries_, keys_, values_, outputs_;
};

}  // namespace kvern
