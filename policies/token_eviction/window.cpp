// The last `size` tokens stay: a sliding window without sinks.
#include "policies/parts/tokens/token_budget.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::window {

namespace {

class Window final : public TokenEviction {
 public:
  explicit Window(Parameters& p) : size_(p) {}

  void begin(const TokenLayer& layer, AttentionRows&) override { layer_ = &layer; }
  void prefill(std::span<TokenDrops> drops) override {
    for (TokenDrops& head : drops) drop_oldest(layer_->bounds.prompt_tokens, head);
  }
  void step(const TokenStep& step, std::span<TokenDrops> drops) override {
    for (std::size_t head = 0; head < drops.size(); ++head) {
      drop_oldest(step.heads[head].kept.size(), drops[head]);
    }
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void drop_oldest(std::size_t held, TokenDrops& drops) const {
    for (std::uint32_t slot = 0; slot + size_.of(layer_->bounds) < held; ++slot) {
      drops.slots.push_back(slot);
    }
  }

  CacheSize size_;
  const TokenLayer* layer_ = nullptr;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Window>(p); }

}  // namespace kvern::token_eviction::window
