// The last `size` tokens stay: a sliding window without sinks.
#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::window {

namespace {

class Window final : public HeadPolicy {
 public:
  explicit Window(Parameters& p) : size_(p) {}

  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void evict_prompt(std::uint32_t, TokenDrops& drops) override { drop_oldest(prompt(), drops); }
  void evict(std::uint32_t, std::uint32_t, const TokenHead& view, TokenDrops& drops) override {
    drop_oldest(view.kept.size(), drops);
  }
  void drop_oldest(std::size_t held, TokenDrops& drops) const {
    for (std::uint32_t slot = 0; slot + size_.of(layer_->bounds) < held; ++slot) {
      drops.slots.push_back(slot);
    }
  }

  CacheSize size_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Window>(p); }

}  // namespace kvern::token_eviction::window
