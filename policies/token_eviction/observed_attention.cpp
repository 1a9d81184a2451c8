// Observed attention (kvpress 8bb29b9): at the end of the prompt the `size` tokens stay with the
// highest mean attention over the rows that can see them: H2O's sums without its favour to the old.
#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::observed_attention {

namespace {

class ObservedAttention final : public PromptScorer {
 public:
  explicit ObservedAttention(Parameters& p) : size_(p), fold_(read_fold(p)) {}

  std::uint32_t capacity(const TokenBounds& bounds) const override { return size_.of(bounds); }
  void score(const TokenLayer& layer, AttentionRows& rows, std::uint32_t kv_head,
             std::vector<double>& scores) override {
    const std::uint32_t prompt = layer.bounds.prompt_tokens;
    ColumnSums sums;
    sums.reset(layer.group);
    sums.add_prompt(rows, kv_head * layer.group, 0, prompt);
    const auto folded = sums.folded(fold_);
    scores.assign(folded.begin(), folded.end());
    for (std::uint32_t j = 0; j < prompt; ++j) scores[j] /= prompt - j;
  }

 private:
  CacheSize size_;
  Fold fold_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<PromptEviction>(std::make_unique<ObservedAttention>(p));
}

}  // namespace kvern::token_eviction::observed_attention
