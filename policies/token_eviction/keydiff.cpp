// KeyDiff (kvpress 8bb29b9): at the end of the prompt the `size` tokens stay whose keys are least
// like the others: score = -cos(key, mean of the unit keys).
#include <cmath>

#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::keydiff {

namespace {

template <class Values>
double norm_of(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

class KeyDiff final : public PromptScorer {
 public:
  explicit KeyDiff(Parameters& p) : size_(p) {}

  std::uint32_t capacity(const TokenBounds& bounds) const override { return size_.of(bounds); }
  void score(const TokenLayer& layer, AttentionRows&, std::uint32_t kv_head,
             std::vector<double>& scores) override {
    const std::uint32_t prompt = layer.bounds.prompt_tokens;
    std::vector<double> mean(layer.vectors.dim, 0.0);
    for (std::uint32_t j = 0; j < prompt; ++j) {
      const auto key = layer.vectors.key(kv_head, j);
      const double norm = norm_of(key);
      for (std::size_t d = 0; d < mean.size() && norm > 0; ++d) mean[d] += key[d] / norm;
    }
    for (double& value : mean) value /= prompt;
    const double mean_norm = norm_of(mean);
    scores.resize(prompt);
    for (std::uint32_t j = 0; j < prompt; ++j) {
      const auto key = layer.vectors.key(kv_head, j);
      const double norms = norm_of(key) * mean_norm;
      double dot = 0;
      for (std::size_t d = 0; d < mean.size(); ++d) dot += key[d] * mean[d];
      scores[j] = norms > 0 ? -dot / norms : 0;
    }
  }

 private:
  CacheSize size_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<PromptEviction>(std::make_unique<KeyDiff>(p));
}

}  // namespace kvern::token_eviction::keydiff
