// Keyformer (Adnan et al., arXiv 2403.09054; keyformer f327831): H2O on softmax((logit + g) / tau)
// with fresh Gumbel noise g for each query head, query and key, and a temperature that rises with
// the decoded tokens: tau = tau0 + it (tau1 - tau0) / max_new, it = 0 in the prompt, then 1, 2 ...
//
//   paper  the highest sums outside the last `recent` stay
//   code   its mask lets a token that leaves the recent window die: the first choice stays heavy
//
// Under a budget: recent 30 %.
#include <algorithm>
#include <limits>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_draws.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"
#include "sim/base/exact_math.h"

namespace kvern::token_eviction::keyformer {

namespace {

class Keyformer final : public HeadPolicy {
 public:
  explicit Keyformer(Parameters& p)
      : size_(p),
        recent_(p.find<std::uint32_t>("recent", "last tokens, always kept; absent: 30 % of size")),
        tau0_(p.get("tau0", 1.0, "temperature in the prompt", {1e-6, 1e6})),
        tau1_(p.get("tau1", 2.0, "temperature after max_new tokens", {1e-6, 1e6})),
        max_new_(p.find<std::uint32_t>("max_new", "absent: the tokens after the prompt", {1, 1e9})),
        seed_(p.get<std::int64_t>("seed", 0, "of the noise", kNonNegative)),
        paper_(p.choice("variant", "paper", {"paper", "code"}, "which definition") == "paper"),
        fold_(read_fold(p)) {}

  std::string refusal(const TokenLayer& layer) const override {
    const std::uint32_t size = size_.of(layer.bounds);
    return recent(size) > size ? "recent is larger than size" : "";
  }
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = 10.0 * layer.group, .bytes_per_token = 8.0 * layer.group};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void start() override {
    size_here_ = size_.of(layer_->bounds);
    recent_here_ = recent(size_here_);
    sums_.assign(layer_->vectors.heads, {});
    chosen_.assign(layer_->vectors.kv_heads, false);
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    const std::vector<std::uint32_t> kept = whole_prompt();
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      const std::uint32_t query_head = head * layer_->group + g;
      sums_[query_head].assign(prompt(), 0.0);
      for (std::uint32_t i = 0; i < prompt(); ++i) {
        const auto row = rows_->logits(query_head, i);
        add_noisy(query_head, i, std::span(kept).first(row.size()), row, tau0_);
      }
    }
    keep_heavy(head, prompt(), drops);
  }
  void evict(std::uint32_t head, std::uint32_t position, const TokenHead& view,
             TokenDrops& drops) override {
    const std::uint32_t decoded = layer_->bounds.tokens - prompt();
    const double iteration = position + 1 - prompt();
    const double tau = tau0_ + iteration * (tau1_ - tau0_) / max_new_.value_or(decoded);
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      const std::uint32_t query_head = head * layer_->group + g;
      sums_[query_head].resize(view.kept.size(), 0.0);
      add_noisy(query_head, position, view.kept,
                view.logits.subspan(g * view.kept.size(), view.kept.size()), tau);
    }
    // Draw, noise, temperature, softmax, sum.
    drops.work.flops += 10 * view.mass.size();
    keep_heavy(head, view.kept.size(), drops);
  }
  std::uint32_t recent(std::uint32_t size) const { return recent_.value_or(size * 30 / 100); }

  void add_noisy(std::uint32_t query_head, std::uint32_t query, std::span<const std::uint32_t> kept,
                 std::span<const double> logits, double tau) {
    noisy_.resize(logits.size());
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t slot = 0; slot < logits.size(); ++slot) {
      const double g = token_gumbel(static_cast<std::uint64_t>(seed_) + layer_->seed,
                                    layer_->bounds.layer, query_head, query, kept[slot]);
      noisy_[slot] = (logits[slot] + g) / tau;
      most = std::max(most, noisy_[slot]);
    }
    double total = 0;
    for (double& x : noisy_) total += x = kvern::exact::exp(x - most);
    for (std::size_t slot = 0; slot < logits.size(); ++slot) {
      sums_[query_head][slot] += noisy_[slot] / total;
    }
  }

  void keep_heavy(std::uint32_t head, std::size_t held, TokenDrops& drops) {
    if (held <= size_here_) return;
    const std::size_t candidates = held - recent_here_;
    if (!paper_ && chosen_[head]) {
      for (std::size_t slot = size_here_ - recent_here_; slot < candidates; ++slot) {
        drops.slots.push_back(static_cast<std::uint32_t>(slot));
      }
    } else {
      std::vector<double> all, folded;
      for (std::uint32_t g = 0; g < layer_->group; ++g) {
        const auto& sums = sums_[head * layer_->group + g];
        all.insert(all.end(), sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(candidates));
      }
      fold_rows(fold_, all, layer_->group, folded);
      outside_top(folded, size_here_ - recent_here_, drops.slots);
      chosen_[head] = true;
    }
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      drop_slots(sums_[head * layer_->group + g], drops.slots);
    }
  }

  CacheSize size_;
  std::optional<std::uint32_t> recent_;
  double tau0_, tau1_;
  std::optional<std::uint32_t> max_new_;
  std::int64_t seed_;
  bool paper_;
  Fold fold_;
  std::uint32_t size_here_ = 0, recent_here_ = 0;
  std::vector<std::vector<double>> sums_;  // by query head
  std::vector<bool> chosen_;               // by KV head: the heavy ones are (variant code)
  std::vector<double> noisy_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Keyformer>(p); }

}  // namespace kvern::token_eviction::keyformer
