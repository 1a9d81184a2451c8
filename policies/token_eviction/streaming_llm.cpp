// StreamingLLM (Xiao et al., arXiv 2309.17453; mit-han-lab/streaming-llm 2e50426): the first tokens
// take attention that has nowhere else to go ("sinks"), so they stay, with the most recent ones.
// Positions are those in the cache. Under a budget: sinks min(4, B), the rest recent.
#include <algorithm>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::streaming_llm {

namespace {

class StreamingLlm final : public HeadPolicy {
 public:
  explicit StreamingLlm(Parameters& p)
      : sinks_(p.get<std::uint32_t>("sinks", 4, "first tokens, always kept")),
        recent_(p.get<std::uint32_t>("recent", 508, "last tokens, always kept")),
        budget_(read_budget(p, {"sinks", "recent"}, true)) {}

  bool reindexes() const override { return true; }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, most(bounds));
  }

 private:
  void evict_prompt(std::uint32_t, TokenDrops& drops) override { drop_middle(prompt(), drops); }
  void evict(std::uint32_t, std::uint32_t, const TokenHead& view, TokenDrops& drops) override {
    drop_middle(view.kept.size(), drops);
  }
  std::uint32_t most(const TokenBounds& bounds) const {
    return budget_ ? budget_tokens(*budget_, bounds) : sinks_ + recent_;
  }
  void drop_middle(std::size_t held, TokenDrops& drops) const {
    const std::uint32_t most_held = most(layer_->bounds);
    const std::uint32_t sinks = budget_ ? std::min<std::uint32_t>(4, most_held) : sinks_;
    for (std::uint32_t slot = sinks; slot + most_held < held + sinks; ++slot) {
      drops.slots.push_back(slot);
    }
  }

  std::uint32_t sinks_, recent_;
  std::optional<double> budget_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<StreamingLlm>(p); }

}  // namespace kvern::token_eviction::streaming_llm
