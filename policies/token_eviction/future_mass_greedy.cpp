// Clairvoyant: over `size`, the token goes that later queries of the full model look at least. A
// Belady for attention mass; greedy, so no bound.
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::future_mass_greedy {

namespace {

class FutureMassGreedy final : public TokenEviction {
 public:
  explicit FutureMassGreedy(Parameters& p) : size_(p), fold_(read_fold(p)) {}

  // ahead_[head][j][t - j] = mass that j gets from the queries after t.
  void begin(const TokenLayer& layer, AttentionRows& rows) override {
    layer_ = &layer;
    const std::uint32_t tokens = layer.bounds.tokens;
    ahead_.resize(layer.vectors.kv_heads);
    std::vector<double> values, folded;
    for (std::uint32_t head = 0; head < layer.vectors.kv_heads; ++head) {
      ahead_[head].resize(tokens);
      for (std::uint32_t j = 0; j < tokens; ++j) ahead_[head][j].assign(tokens - j, 0.0);
      for (std::uint32_t t = tokens; t-- > 1;) {
        values.clear();
        for (std::uint32_t g = 0; g < layer.group; ++g) {
          const auto row = rows.mass(head * layer.group + g, t);
          values.insert(values.end(), row.begin(), row.end());
        }
        fold_rows(fold_, values, layer.group, folded);
        for (std::uint32_t j = 0; j < t; ++j) {
          auto& ahead = ahead_[head][j];
          ahead[t - 1 - j] = ahead[t - j] + folded[j];
        }
      }
    }
  }
  void prefill(std::span<TokenDrops> drops) override {
    std::vector<std::uint32_t> kept(layer_->bounds.prompt_tokens);
    for (std::uint32_t j = 0; j < kept.size(); ++j) kept[j] = j;
    for (std::size_t head = 0; head < drops.size(); ++head) evict(head, kept, drops[head]);
  }
  void step(const TokenStep& step, std::span<TokenDrops> drops) override {
    for (std::size_t head = 0; head < drops.size(); ++head) {
      evict(head, step.heads[head].kept, drops[head]);
    }
  }
  bool clairvoyant() const override { return true; }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void evict(std::size_t head, std::span<const std::uint32_t> kept, TokenDrops& drops) {
    const std::uint32_t size = size_.of(layer_->bounds);
    if (kept.size() <= size) return;
    scores_.clear();
    for (const std::uint32_t j : kept) scores_.push_back(ahead_[head][j][kept.back() - j]);
    lowest(scores_, kept.size() - size, drops.slots);
  }

  CacheSize size_;
  Fold fold_;
  const TokenLayer* layer_ = nullptr;
  std::vector<std::vector<std::vector<double>>> ahead_;
  std::vector<double> scores_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<FutureMassGreedy>(p); }

}  // namespace kvern::token_eviction::future_mass_greedy
