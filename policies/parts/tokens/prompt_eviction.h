// Eviction once, at the end of the prompt: the tokens with the highest scores stay, and whatever
// comes after them. Each policy of this kind is a scorer; AdaKV wraps one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_scores.h"
#include "sim/ports/token_eviction.h"

namespace kvern::token_eviction {

class PromptScorer {
 public:
  virtual ~PromptScorer() = default;
  virtual std::string refusal(const TokenLayer&) const { return {}; }
  // Tokens of the prompt that stay in a layer; at least prompt_tokens: nothing goes.
  virtual std::uint32_t capacity(const TokenBounds& bounds) const = 0;
  // Of these, the last ones that stay in any case.
  virtual std::uint32_t window(const TokenBounds&) const { return 0; }
  // What each of a layer's KV heads may hold besides the window, on average.
  std::uint32_t base(const TokenBounds& bounds) const { return capacity(bounds) - window(bounds); }
  // A score for each of the prompt's tokens, infinite for those that must stay.
  virtual void score(const TokenLayer& layer, AttentionRows& rows, std::uint32_t kv_head,
                     std::vector<double>& scores) = 0;
};

class PromptEviction final : public LayerPolicy {
 public:
  explicit PromptEviction(std::unique_ptr<PromptScorer> scorer) : scorer_(std::move(scorer)) {}

  std::string refusal(const TokenLayer& layer) const override { return scorer_->refusal(layer); }
  void prefill(std::span<TokenDrops> drops) override;
  void step(const TokenStep&, std::span<TokenDrops>) override {}
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override;

  PromptScorer& scorer() { return *scorer_; }

 private:
  std::unique_ptr<PromptScorer> scorer_;
};

// What is held after a prompt of which `kept` stay, when nothing goes later.
TokenLine kept_and_later(const TokenBounds& bounds, std::uint32_t kept, std::uint32_t n);

}  // namespace kvern::token_eviction
