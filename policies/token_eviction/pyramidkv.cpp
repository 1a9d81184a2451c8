// PyramidKV (Cai et al., arXiv 2406.02069; KVCache-Factory c97f9d7): SnapKV's score, with more
// tokens in the first layers and fewer in the last ones, in equal steps. With base = capacity -
// window and n prompt tokens: least = base div beta, most = 2 base - least (at most n - window;
// then least = 2 base - most), layer l of L holds window + most - l ((most - least) div (L - 1)).
// Below 2 base tokens all layers hold the capacity; below the capacity nothing goes. The layers'
// sum is at least L capacity and less than L (L - 1) / 2 above it.
#include "policies/parts/tokens/observation.h"
#include "policies/parts/tokens/prompt_eviction.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::pyramidkv {

namespace {

class PyramidKv final : public PromptScorer {
 public:
  explicit PyramidKv(Parameters& p)
      : observation_(p),
        beta_(p.get<std::uint32_t>("beta", 20, "the last layer holds base div beta", {1, 1e9})) {}

  std::string refusal(const TokenLayer& layer) const override {
    return observation_.refusal(layer.bounds);
  }
  std::uint32_t capacity(const TokenBounds& bounds) const override {
    const auto [capacity, window] = observation_.sizes(bounds);
    const std::uint32_t n = bounds.prompt_tokens;
    const std::uint32_t base = capacity - window;
    if (n < capacity || n < 2 * base || bounds.layers < 2) return capacity;
    std::uint32_t least = base / beta_;
    std::uint32_t most = 2 * base - least;
    if (most >= n - window) {
      most = n - window;
      least = 2 * base - most;
    }
    return window + most - bounds.layer * ((most - least) / (bounds.layers - 1));
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
  std::uint32_t beta_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<PromptEviction>(std::make_unique<PyramidKv>(p));
}

}  // namespace kvern::token_eviction::pyramidkv
