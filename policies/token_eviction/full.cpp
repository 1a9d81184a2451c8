// Nothing goes: dense attention, what every other policy is measured against.
#include "policies/parts/tokens/layer_policies.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::full {

namespace {

class Full final : public KeepsAll {
 public:
  bool evicts() const override { return false; }
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters&) { return std::make_unique<Full>(); }

}  // namespace kvern::token_eviction::full
