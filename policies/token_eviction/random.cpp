// A baseline: every token draws a priority once, by KV head; the `size` highest stay.
#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_draws.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::random {

namespace {

class Random final : public HeadPolicy {
 public:
  explicit Random(Parameters& p)
      : size_(p), seed_(p.get<std::int64_t>("seed", 0, "of the draws", kNonNegative)) {}

  // Looks for the lowest of the fixed priorities.
  TokenUpkeep upkeep(const TokenLayer&) const override {
    return {.flops_per_token = 1, .bytes_per_token = 4};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void start() override { draws_.resize(layer_->vectors.kv_heads); }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    for (std::uint32_t j = 0; j < prompt(); ++j) draw(head, j);
    drop_lowest(head, drops);
  }
  void evict(std::uint32_t head, std::uint32_t position, const TokenHead&,
             TokenDrops& drops) override {
    draw(head, position);
    drops.work.flops += draws_[head].size();
    drop_lowest(head, drops);
  }
  void draw(std::uint32_t head, std::uint32_t position) {
    draws_[head].push_back(token_uniform(static_cast<std::uint64_t>(seed_) + layer_->seed,
                                         layer_->bounds.layer, head, 0, position));
  }
  void drop_lowest(std::uint32_t head, TokenDrops& drops) {
    outside_top(draws_[head], size_.of(layer_->bounds), drops.slots);
    drop_slots(draws_[head], drops.slots);
  }

  CacheSize size_;
  std::int64_t seed_;
  std::vector<std::vector<double>> draws_;  // by KV head
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Random>(p); }

}  // namespace kvern::token_eviction::random
