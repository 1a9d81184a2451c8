// Clairvoyant: over `size`, the token goes that later queries of the full model look at least. A
// Belady for attention mass; greedy, so no bound.
#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::future_mass_greedy {

namespace {

class FutureMassGreedy final : public HeadPolicy {
 public:
  explicit FutureMassGreedy(Parameters& p) : size_(p), fold_(read_fold(p)) {}

  bool clairvoyant() const override { return true; }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  // ahead_[head][j][t - j] = mass that j gets from the queries after t.
  void start() override {
    const std::uint32_t tokens = layer_->bounds.tokens;
    ahead_.resize(layer_->vectors.kv_heads);
    std::vector<double> values, folded;
    for (std::uint32_t head = 0; head < layer_->vectors.kv_heads; ++head) {
      ahead_[head].resize(tokens);
      for (std::uint32_t j = 0; j < tokens; ++j) ahead_[head][j].assign(tokens - j, 0.0);
      for (std::uint32_t t = tokens; t-- > 1;) {
        values.clear();
        for (std::uint32_t g = 0; g < layer_->group; ++g) {
          const auto row = rows_->mass(head * layer_->group + g, t);
          values.insert(values.end(), row.begin(), row.end());
        }
        fold_rows(fold_, values, layer_->group, folded);
        for (std::uint32_t j = 0; j < t; ++j) {
          auto& ahead = ahead_[head][j];
          ahead[t - 1 - j] = ahead[t - j] + folded[j];
        }
      }
    }
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    drop_least(head, whole_prompt(), drops);
  }
  void evict(std::uint32_t head, std::uint32_t, const TokenHead& view, TokenDrops& drops) override {
    drop_least(head, view.kept, drops);
  }
  void drop_least(std::size_t head, std::span<const std::uint32_t> kept, TokenDrops& drops) {
    const std::uint32_t size = size_.of(layer_->bounds);
    if (kept.size() <= size) return;
    scores_.clear();
    for (const std::uint32_t j : kept) scores_.push_back(ahead_[head][j][kept.back() - j]);
    lowest(scores_, kept.size() - size, drops.slots);
  }

  CacheSize size_;
  Fold fold_;
  std::vector<std::vector<std::vector<double>>> ahead_;
  std::vector<double> scores_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<FutureMassGreedy>(p); }

}  // namespace kvern::token_eviction::future_mass_greedy
