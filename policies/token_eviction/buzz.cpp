// BUZZ (Zhao et al., arXiv 2410.23079; JunqiZhao888/buzz-llm e6f5e3e): a beehive. The cache is
// sinks, a sample of old tokens, what came since, and a window. When sample and newer tokens are
// more than `threshold`, the old sample is thinned by the stride floor((stride+1)/2), and each cell
// of `stride` newer tokens leaves its highest. The size is a saw-tooth; an eviction runs once in
// (threshold + 1 - sample) steps. Positions are those in the cache.
//
//   accumulation  accumulated attention; sinks and the thinned sample start again from 0
//   fast          the newest query's attention alone (in the prompt: all of its rows)
//   nomax         no score: newer tokens are thinned by `stride` too
//
// Under a budget: sinks 4, stride 5, window 2/7 of the rest, threshold what remains (B is the peak
// after a step).
#include <algorithm>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::buzz {

namespace {

enum class Variant : std::uint8_t { Accumulation, Fast, NoMax };

struct Sizes {
  std::uint32_t sinks = 0, window = 0, threshold = 0, stride = 0;
  std::uint32_t old_stride() const { return std::max(1U, (stride + 1) / 2); }
  bool full(std::size_t held) const {
    return held > std::size_t{sinks} + window && held - sinks - window > threshold;
  }
  // The sample after an eviction from `held` tokens, `sample` of them thinned before.
  std::uint32_t next_sample(std::uint32_t held, std::uint32_t sample) const {
    const std::uint32_t other = held - sinks - window;
    return (sample + old_stride() - 1) / old_stride() + (other - sample + stride - 1) / stride;
  }
};

class Buzz final : public HeadPolicy {
 public:
  explicit Buzz(Parameters& p)
      : given_{p.get<std::uint32_t>("sinks", 4, "first tokens, always kept"),
               p.get<std::uint32_t>("window", 160, "last tokens, always kept"),
               p.get<std::uint32_t>("threshold", 400, "tokens between them that are too many"),
               p.get<std::uint32_t>("stride", 5, "newer tokens a cell", {1, 1e9})},
        fold_(read_fold(p)),
        budget_(read_budget(p, {"sinks", "window", "threshold", "stride"}, true)) {
    const std::string word = p.choice("variant", "accumulation", {"accumulation", "fast", "nomax"},
                                      "what a cell's highest is");
    variant_ = word == "fast"    ? Variant::Fast
               : word == "nomax" ? Variant::NoMax
                                 : Variant::Accumulation;
  }

  bool reindexes() const override { return true; }

  // The sums; what an eviction every few hundred steps takes is not counted, nor are sums of a
  // variant that needs them only then.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    if (variant_ != Variant::Accumulation) return {};
    return {.flops_per_token = 1.0 * layer.group, .bytes_per_token = 8.0 * layer.group};
  }
  // Walks the saw-tooth, an eviction at a time.
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    const Sizes of = sizes(bounds);
    std::uint32_t held = bounds.prompt_tokens;
    std::uint32_t sample = 0;
    std::uint32_t context = bounds.prompt_tokens;
    const std::uint32_t peak = of.sinks + of.window + of.threshold;
    while (true) {
      if (of.full(held)) {
        sample = of.next_sample(held, sample);
        held = of.sinks + of.window + sample;
      }
      const std::uint32_t steps = held > peak ? 1 : peak - held + 1;
      if (n < context + steps) {
        const std::uint32_t into = n - context;
        return TokenLine{held + into, 1, steps - into};
      }
      held += steps;
      context += steps;
    }
  }

 private:
  void start() override {
    sizes_ = sizes(layer_->bounds);
    sums_.resize(layer_->vectors.kv_heads);
    for (ColumnSums& sums : sums_) sums.reset(layer_->group);
    sample_.assign(layer_->vectors.kv_heads, 0);
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    if (variant_ != Variant::NoMax) {
      sums_[head].add_prompt(*rows_, head * layer_->group, 0, prompt());
    }
    thin(head, prompt(), drops);
  }
  void evict(std::uint32_t head, std::uint32_t, const TokenHead& view, TokenDrops& drops) override {
    if (variant_ == Variant::Fast) sums_[head].reset(layer_->group);
    if (variant_ == Variant::Accumulation ||
        (variant_ == Variant::Fast && sizes_.full(view.kept.size()))) {
      sums_[head].add(view);
      drops.work.flops += view.mass.size();
    }
    thin(head, static_cast<std::uint32_t>(view.kept.size()), drops);
  }
  Sizes sizes(const TokenBounds& bounds) const {
    if (!budget_) return given_;
    const std::uint32_t whole = budget_tokens(*budget_, bounds);
    Sizes of{std::min(4U, whole), 0, 0, 5};
    of.window = (whole - of.sinks) * 2 / 7;
    of.threshold = whole - of.sinks - of.window;
    return of;
  }

  void thin(std::uint32_t head, std::uint32_t held, TokenDrops& drops) {
    if (!sizes_.full(held)) return;
    const std::uint32_t end = held - sizes_.window;
    const std::uint32_t fresh = sizes_.sinks + sample_[head];
    std::vector<std::uint32_t> stay;
    for (std::uint32_t slot = sizes_.sinks; slot < fresh; slot += sizes_.old_stride()) {
      stay.push_back(slot);
    }
    if (variant_ == Variant::Accumulation) {
      for (std::uint32_t slot = 0; slot < fresh; ++slot) sums_[head].clear(slot);
    }
    const auto scores =
        variant_ == Variant::NoMax ? std::span<const double>() : sums_[head].folded(fold_);
    for (std::uint32_t cell = fresh; cell < end; cell += sizes_.stride) {
      const std::uint32_t last = std::min(end, cell + sizes_.stride);
      std::uint32_t best = cell;
      for (std::uint32_t slot = cell; slot < last && !scores.empty(); ++slot) {
        if (scores[slot] > scores[best]) best = slot;
      }
      stay.push_back(best);
    }
    drops.work.flops += end - sizes_.sinks;
    sample_[head] = static_cast<std::uint32_t>(stay.size());
    auto next = stay.begin();
    for (std::uint32_t slot = sizes_.sinks; slot < end; ++slot) {
      if (next != stay.end() && *next == slot) {
        ++next;
      } else {
        drops.slots.push_back(slot);
      }
    }
    if (variant_ == Variant::Accumulation) sums_[head].drop(drops.slots);
  }

  Sizes given_;
  Variant variant_ = Variant::Accumulation;
  Fold fold_;
  std::optional<double> budget_;
  Sizes sizes_;
  std::vector<ColumnSums> sums_;
  std::vector<std::uint32_t> sample_;  // by KV head: size of the thinned sample
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Buzz>(p); }

}  // namespace kvern::token_eviction::buzz
