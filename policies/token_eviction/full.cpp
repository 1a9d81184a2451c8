// Nothing goes: dense attention, what every other policy is measured against.
#include "policies/token_eviction.h"

namespace kvern::token_eviction::full {

namespace {

class Full final : public TokenEviction {
 public:
  void begin(const TokenLayer&, AttentionRows&) override {}
  void prefill(std::span<TokenDrops>) override {}
  void step(const TokenStep&, std::span<TokenDrops>) override {}
  bool evicts() const override { return false; }
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t n) const override {
    return TokenLine{n, 1, kAlways};
  }
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters&) { return std::make_unique<Full>(); }

}  // namespace kvern::token_eviction::full
