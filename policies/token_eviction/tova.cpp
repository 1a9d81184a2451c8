// TOVA (Oren et al., arXiv 2401.06104; src/tova_cache.py 9c7d09b): after each step the `size`
// tokens with the most attention from the newest query stay, one set for all heads of the layer.
// The newest token may go; there is no window and no sink.
#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::tova {

namespace {

class Tova final : public LayerPolicy {
 public:
  explicit Tova(Parameters& p) : size_(p), fold_(read_fold(p)) {}

  void prefill(std::span<TokenDrops> drops) override {
    values_.clear();
    for (std::uint32_t head = 0; head < layer_->vectors.heads; ++head) {
      const auto row = rows_->mass(head, layer_->bounds.prompt_tokens - 1);
      values_.insert(values_.end(), row.begin(), row.end());
    }
    choose(drops);
  }
  void step(const TokenStep& step, std::span<TokenDrops> drops) override {
    values_.clear();
    for (const TokenHead& head : step.heads) {
      values_.insert(values_.end(), head.mass.begin(), head.mass.end());
    }
    choose(drops);
  }
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = layer.group + 1.0};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  // All KV heads hold the same tokens, so rows of all query heads fold into one.
  void choose(std::span<TokenDrops> drops) {
    fold_rows(fold_, values_, layer_->vectors.heads, scores_);
    outside_top(scores_, size_.of(layer_->bounds), gone_);
    for (TokenDrops& head : drops) {
      head.slots = gone_;
      head.work.flops += scores_.size() * (layer_->group + 1);
    }
  }

  CacheSize size_;
  Fold fold_;
  std::vector<double> values_, scores_;
  std::vector<std::uint32_t> gone_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Tova>(p); }

}  // namespace kvern::token_eviction::tova
