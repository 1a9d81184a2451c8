// AdaKV (Feng et al., arXiv 2407.11550): wraps a policy that scores the prompt, as
// adakv(snapkv(capacity=64), floor=0.2), and shares the layer's budget among its heads: of the
// heads x base highest scores of the layer, a head gets as many as are its own, mixed with an equal
// share `floor`. Shares are rounded half to even, so the sum may miss heads x base.
#include <algorithm>
#include <limits>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::adakv {

namespace {

std::uint32_t round_half_even(double x) {
  const auto whole = static_cast<std::uint32_t>(x);
  const double rest = x - whole;
  return whole + (rest > .5 || (rest == .5 && whole % 2 == 1) ? 1 : 0);
}

class AdaKv final : public LayerPolicy {
 public:
  AdaKv(std::unique_ptr<TokenEviction> inner, PromptScorer& scorer, double floor)
      : inner_(std::move(inner)), scorer_(scorer), floor_(floor) {}

  std::string refusal(const TokenLayer& layer) const override { return scorer_.refusal(layer); }
  void prefill(std::span<TokenDrops> drops) override {
    const TokenBounds& bounds = layer_->bounds;
    if (scorer_.capacity(bounds) >= bounds.prompt_tokens) return;
    const std::uint32_t window = scorer_.window(bounds);
    const std::uint32_t before = bounds.prompt_tokens - window;
    const std::uint32_t base = scorer_.base(bounds);
    std::vector<double> scores, all;
    for (std::uint32_t head = 0; head < drops.size(); ++head) {
      scorer_.score(*layer_, *rows_, head, scores);
      all.insert(all.end(), scores.begin(), scores.begin() + before);
    }
    std::vector<std::uint32_t> best;
    top(all, drops.size() * base, best);
    std::vector<std::uint32_t> own(drops.size(), 0);
    for (const std::uint32_t i : best) ++own[i / before];
    const auto least = static_cast<std::uint32_t>(floor_ * base);
    for (std::size_t head = 0; head < drops.size(); ++head) {
      const std::uint32_t share = round_half_even(own[head] * (1 - floor_) + least);
      outside_top(std::span(all).subspan(head * before, before), share, drops[head].slots);
    }
  }
  void step(const TokenStep&, std::span<TokenDrops>) override {}
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t) const override {
    return std::nullopt;
  }
  TokenGrowth growth() const override {
    // Twice the prompt, twice the capacity.
    constexpr TokenBounds kShort{.prompt_tokens = 1U << 19, .tokens = 1U << 19};
    constexpr TokenBounds kLong{.prompt_tokens = 1U << 20, .tokens = 1U << 20};
    const std::uint32_t once = scorer_.capacity(kShort);
    const std::uint32_t twice = scorer_.capacity(kLong);
    const bool share = twice / 2 == once || (twice + 1) / 2 == once;
    return share ? TokenGrowth::ShareOfPrompt : TokenGrowth::Unknown;
  }

 private:
  std::unique_ptr<TokenEviction> inner_;
  PromptScorer& scorer_;  // of inner_
  double floor_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  auto inner = make_wrapped(table(), "token_eviction", p, "a policy that scores the prompt");
  const double floor = p.get("floor", Share{0.2}, "share of the budget that is equal").value;
  auto* scoring = dynamic_cast<PromptEviction*>(inner.get());
  if (scoring == nullptr) {
    if (inner) p.error("wrapped", "adakv wraps a policy that scores the prompt", "as snapkv does");
    return inner;
  }
  PromptScorer& scorer = scoring->scorer();
  return std::make_unique<AdaKv>(std::move(inner), scorer, floor);
}

}  // namespace kvern::token_eviction::adakv
