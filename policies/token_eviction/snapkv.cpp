// SnapKV (Li et al., arXiv 2404.14469; FasterDecoding/SnapKV e216ddc): at the end of the prompt the
// tokens stay that its last `window` queries look at most, smoothed over neighbours, and the
// window. Decoded tokens all stay. Under a budget: capacity B, window min(32, B div 2).
#include "policies/parts/tokens/observation.h"
#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::snapkv {

namespace {

class SnapKv final : public PromptScorer {
 public:
  explicit SnapKv(Parameters& p) : observation_(p) {}

  std::string refusal(const TokenLayer& layer) const override {
    return observation_.refusal(layer.bounds);
  }
  std::uint32_t capacity(const TokenBounds& bounds) const override {
    return observation_.sizes(bounds).capacity;
  }
  std::uint32_t window(const TokenBounds& bounds) const override {
    return observation_.sizes(bounds).window;
  }
  void score(const TokenLayer& layer, AttentionRows& rows, std::uint32_t kv_head,
             std::vector<double>& scores) override {
    observation_.score(layer, rows, kv_head, scores);
  }

 private:
  Observation observation_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<PromptEviction>(std::make_unique<SnapKv>(p));
}

}  // namespace kvern::token_eviction::snapkv
