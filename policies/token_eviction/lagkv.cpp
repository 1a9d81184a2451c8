// LagKV (kvpress 8bb29b9): at the end of the prompt, chunks of `lag` tokens after the sinks are
// compared with the chunk that follows: a token's score is the softmax within its chunk of the
// spread over the dimensions of its key (and value), each dimension scaled by the next chunk's
// range; then its rank / lag. Sinks, the last full chunk and the rest get 1.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"
#include "sim/base/exact_math.h"

namespace kvern::token_eviction::lagkv {

namespace {

class LagKv final : public PromptScorer {
 public:
  explicit LagKv(Parameters& p)
      : size_(p),
        sinks_(p.get<std::uint32_t>("sinks", 4, "first tokens, never compared")),
        lag_(p.get<std::uint32_t>("lag", 128, "tokens a chunk", {1, 1e9})) {}

  std::uint32_t capacity(const TokenBounds& bounds) const override { return size_.of(bounds); }
  void score(const TokenLayer& layer, AttentionRows&, std::uint32_t kv_head,
             std::vector<double>& scores) override {
    const std::uint32_t prompt = layer.bounds.prompt_tokens;
    scores.assign(prompt, 1.0);
    if (prompt < sinks_ + 2 * lag_) {  // sinks and the newest
      for (std::uint32_t j = sinks_; j < prompt; ++j) scores[j] = -1.0 / (j + 1.0);
      return;
    }
    const auto key = [&](std::uint32_t j) { return layer.vectors.key(kv_head, j); };
    const auto value = [&](std::uint32_t j) { return layer.vectors.value(kv_head, j); };
    for (std::uint32_t chunk = sinks_; chunk + 2 * lag_ <= prompt; chunk += lag_) {
      std::vector<double> mean = shares(chunk, layer.vectors.dim, key);
      const std::vector<double> values = shares(chunk, layer.vectors.dim, value);
      for (std::uint32_t i = 0; i < lag_; ++i) mean[i] = (mean[i] + values[i]) / 2;
      std::vector<std::uint32_t> order(lag_);
      std::iota(order.begin(), order.end(), 0U);
      std::stable_sort(order.begin(), order.end(),
                       [&](std::uint32_t a, std::uint32_t b) { return mean[a] < mean[b]; });
      for (std::uint32_t rank = 0; rank < lag_; ++rank) {
        scores[chunk + order[rank]] = static_cast<double>(rank) / lag_;
      }
    }
  }

 private:
  // Softmax over the chunk of each token's standard deviation, dimensions scaled by the next
  // chunk's range.
  template <class Vector>
  std::vector<double> shares(std::uint32_t chunk, std::uint32_t dim, Vector vector) const {
    std::vector<double> low(dim, std::numeric_limits<double>::infinity());
    std::vector<double> high(dim, -std::numeric_limits<double>::infinity());
    for (std::uint32_t j = chunk + lag_; j < chunk + 2 * lag_; ++j) {
      const auto x = vector(j);
      for (std::uint32_t d = 0; d < dim; ++d) {
        low[d] = std::min<double>(low[d], x[d]);
        high[d] = std::max<double>(high[d], x[d]);
      }
    }
    std::vector<double> spread(lag_);
    std::vector<double> scaled(dim);
    for (std::uint32_t i = 0; i < lag_; ++i) {
      const auto x = vector(chunk + i);
      double mean = 0;
      for (std::uint32_t d = 0; d < dim; ++d) {
        const double range = high[d] - low[d];
        scaled[d] = range > 0 ? (x[d] - low[d]) / range : 0;
        mean += scaled[d];
      }
      mean /= dim;
      double square = 0;
      for (const double y : scaled) square += (y - mean) * (y - mean);
      spread[i] = dim > 1 ? std::sqrt(square / (dim - 1)) : 0;
    }
    const double most = *std::max_element(spread.begin(), spread.end());
    double total = 0;
    for (double& s : spread) total += s = kvern::exact::exp(s - most);
    for (double& s : spread) s /= total;
    return spread;
  }

  CacheSize size_;
  std::uint32_t sinks_, lag_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<PromptEviction>(std::make_unique<LagKv>(p));
}

}  // namespace kvern::token_eviction::lagkv
