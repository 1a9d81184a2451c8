#include "policies/parts/tokens/prompt_eviction.h"

#include <algorithm>

namespace kvern::token_eviction {

void PromptEviction::prefill(std::span<TokenDrops> drops) {
  const std::uint32_t capacity = scorer_->capacity(layer_->bounds);
  if (capacity >= layer_->bounds.prompt_tokens) return;
  std::vector<double> scores;
  for (std::uint32_t head = 0; head < drops.size(); ++head) {
    scorer_->score(*layer_, *rows_, head, scores);
    outside_top(scores, capacity, drops[head].slots);
  }
}

std::optional<TokenLine> PromptEviction::resident(const TokenBounds& bounds,
                                                  std::uint32_t n) const {
  return kept_and_later(bounds, std::min(bounds.prompt_tokens, scorer_->capacity(bounds)), n);
}

TokenLine kept_and_later(const TokenBounds& bounds, std::uint32_t kept, std::uint32_t n) {
  return {std::int64_t{kept} + n - bounds.prompt_tokens, 1, kAlways};
}

}  // namespace kvern::token_eviction
