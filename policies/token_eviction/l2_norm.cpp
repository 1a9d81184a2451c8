// L2 norm (Devoto et al., arXiv 2406.11430; l2compress f93d6ca): keys with a high norm get little
// attention, so over `size` the token with the highest goes: of equals the lowest index, and the
// newest is a candidate like any other.
#include <cmath>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::l2_norm {

namespace {

class L2Norm final : public HeadPolicy {
 public:
  explicit L2Norm(Parameters& p)
      : size_(p), skip_(p.get<std::uint32_t>("skip_layers", 0, "first layers that keep all")) {}

  // Looks for the highest norm; the new key's is computed.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = 1, .flops_per_step = 2.0 * layer.vectors.dim, .bytes_per_token = 4};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    if (bounds.layer < skip_) return TokenLine{n, 1, kAlways};
    return grows_to(n, size_.of(bounds));
  }

 private:
  void start() override { norms_.resize(layer_->vectors.kv_heads); }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    for (std::uint32_t j = 0; j < prompt(); ++j) add(head, j);
    drop_highest(head, drops);
  }
  void evict(std::uint32_t head, std::uint32_t position, const TokenHead&,
             TokenDrops& drops) override {
    add(head, position);
    drops.work.flops += norms_[head].size() + std::uint64_t{2} * layer_->vectors.dim;
    drop_highest(head, drops);
  }
  void add(std::uint32_t head, std::uint32_t position) {
    double square = 0;
    for (const double x : layer_->vectors.key(head, position)) square += x * x;
    norms_[head].push_back(std::sqrt(square));
  }
  void drop_highest(std::uint32_t head, TokenDrops& drops) {
    const std::uint32_t size = size_.of(layer_->bounds);
    if (layer_->bounds.layer < skip_ || norms_[head].size() <= size) return;
    top(norms_[head], norms_[head].size() - size, drops.slots);
    drop_slots(norms_[head], drops.slots);
  }

  CacheSize size_;
  std::uint32_t skip_;
  std::vector<std::vector<double>> norms_;  // by KV head
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<L2Norm>(p); }

}  // namespace kvern::token_eviction::l2_norm
