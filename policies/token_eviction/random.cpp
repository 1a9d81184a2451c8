// A baseline: every token draws a priority once, by KV head; the `size` highest stay.
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_draws.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::random {

namespace {

class Random final : public TokenEviction {
 public:
  explicit Random(Parameters& p)
      : size_(p), seed_(p.get<std::int64_t>("seed", 0, "of the draws", kNonNegative)) {}

  void begin(const TokenLayer& layer, AttentionRows&) override {
    layer_ = &layer;
    draws_.resize(layer.vectors.kv_heads);
  }
  void prefill(std::span<TokenDrops> drops) override {
    for (std::uint32_t head = 0; head < drops.size(); ++head) {
      for (std::uint32_t j = 0; j < layer_->bounds.prompt_tokens; ++j) draw(head, j);
      evict(head, drops[head]);
    }
  }
  void step(const TokenStep& step, std::span<TokenDrops> drops) override {
    for (std::uint32_t head = 0; head < drops.size(); ++head) {
      draw(head, step.position);
      drops[head].work.flops += draws_[head].size();
      evict(head, drops[head]);
    }
  }
  // Looks for the lowest of the fixed priorities.
  TokenUpkeep upkeep(const TokenLayer&) const override {
    return {.flops_per_token = 1, .bytes_per_token = 4};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void draw(std::uint32_t head, std::uint32_t position) {
    draws_[head].push_back(token_uniform(static_cast<std::uint64_t>(seed_) + layer_->seed,
                                         layer_->bounds.layer, head, 0, position));
  }
  void evict(std::uint32_t head, TokenDrops& drops) {
    outside_top(draws_[head], size_.of(layer_->bounds), drops.slots);
    drop_slots(draws_[head], drops.slots);
  }

  CacheSize size_;
  std::int64_t seed_;
  const TokenLayer* layer_ = nullptr;
  std::vector<std::vector<double>> draws_;  // by KV head
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Random>(p); }

}  // namespace kvern::token_eviction::random
