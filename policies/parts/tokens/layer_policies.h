// What most token policies have in common: they remember their layer and its rows, and treat the
// KV heads one by one; or they drop nothing and only choose what is read.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "sim/ports/token_eviction.h"

namespace kvern::token_eviction {

class LayerPolicy : public TokenEviction {
 public:
  void begin(const TokenLayer& layer, AttentionRows& rows) final {
    layer_ = &layer;
    rows_ = &rows;
    start();
  }

 protected:
  // The layer is known.
  virtual void start() {}

  std::uint32_t prompt() const { return layer_->bounds.prompt_tokens; }
  // The positions of the prompt: what is kept before its eviction.
  std::vector<std::uint32_t> whole_prompt() const {
    std::vector<std::uint32_t> positions(prompt());
    std::iota(positions.begin(), positions.end(), 0U);
    return positions;
  }

  const TokenLayer* layer_ = nullptr;
  AttentionRows* rows_ = nullptr;
};

class HeadPolicy : public LayerPolicy {
 public:
  void prefill(std::span<TokenDrops> drops) final {
    for (std::uint32_t head = 0; head < drops.size(); ++head) evict_prompt(head, drops[head]);
  }
  void step(const TokenStep& step, std::span<TokenDrops> drops) final {
    for (std::uint32_t head = 0; head < drops.size(); ++head) {
      evict(head, step.position, step.heads[head], drops[head]);
    }
  }

 protected:
  virtual void evict_prompt(std::uint32_t head, TokenDrops& drops) = 0;
  virtual void evict(std::uint32_t head, std::uint32_t position, const TokenHead& view,
                     TokenDrops& drops) = 0;
};

// Nothing goes.
class KeepsAll : public LayerPolicy {
 public:
  void prefill(std::span<TokenDrops>) final {}
  void step(const TokenStep&, std::span<TokenDrops>) final {}
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t n) const override {
    return TokenLine{n, 1, kAlways};
  }
};

}  // namespace kvern::token_eviction
