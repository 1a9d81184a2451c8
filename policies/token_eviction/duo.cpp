// DuoAttention (Xiao et al., arXiv 2410.10819): some heads need the whole context, the others only
// sinks and the recent tokens. Without training the prompt tells them apart: the share
// `streaming_share` of a layer's KV heads with the most mean mass on sinks and recent streams. With
// a file of trained gates, a line a layer and a number a KV head, the share of the whole model's
// heads with the lowest gates streams (ties: the first).
#include <algorithm>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"
#include "sim/base/exact_math.h"

namespace kvern::token_eviction::duo {

namespace {

class Duo final : public HeadPolicy, public TokenTraining {
 public:
  explicit Duo(Parameters& p)
      : share_(p.get("streaming_share", Share{0.5}, "share of the KV heads that streams").value),
        sinks_(p.get<std::uint32_t>("sinks", 128, "first tokens that streaming heads keep")),
        recent_(p.get<std::uint32_t>("recent", 256, "last tokens that streaming heads keep")),
        gates_(p.get("heads", "", "file of gates: a line a layer, a number in 0 .. 1 a KV head")) {}

  TokenTraining* training() override { return this; }
  std::string file() const override { return gates_; }
  void learn(const PolicyFile& file) override;
  std::string refusal(const TokenLayer& layer) const override {
    if (gates_.empty()) {
      return layer.bounds.prompt_tokens == 0 ? "needs a prompt, to tell the heads apart" : "";
    }
    const auto found = learnt_.find(layer.bounds.layer);
    const bool fits = learnt_.size() == layer.bounds.layers && found != learnt_.end() &&
                      found->second.size() == layer.vectors.kv_heads;
    return fits ? "" : gates_ + " is not a gate a KV head of each layer";
  }
  // Heads differ.
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t) const override {
    return std::nullopt;
  }
  std::optional<TokenLine> resident_layer(const TokenBounds& bounds,
                                          std::uint32_t n) const override {
    const std::int64_t streams = streaming(bounds);
    const std::int64_t whole = bounds.kv_heads - streams;
    const std::int64_t most = std::int64_t{sinks_} + recent_;
    if (n >= most) return TokenLine{streams * most + whole * n, whole, kAlways};
    return TokenLine{(streams + whole) * n, streams + whole, most - n + 1};
  }

 private:
  void start() override {
    streams_.assign(layer_->vectors.kv_heads, false);
    if (!gates_.empty()) streams_ = learnt_.at(layer_->bounds.layer);
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    if (head == 0 && gates_.empty()) choose(layer_->vectors.kv_heads);
    drop_middle(head, prompt(), drops);
  }
  void evict(std::uint32_t head, std::uint32_t, const TokenHead& view, TokenDrops& drops) override {
    drop_middle(head, view.kept.size(), drops);
  }
  void choose(std::size_t heads) {
    std::vector<double> masses;
    for (std::uint32_t head = 0; head < heads; ++head) masses.push_back(edge_mass(head));
    std::vector<std::uint32_t> chosen;
    top(masses, streaming(layer_->bounds), chosen);
    for (const std::uint32_t head : chosen) streams_[head] = true;
  }
  std::uint32_t streaming(const TokenBounds& bounds) const {
    const auto learnt = learnt_.find(bounds.layer);
    if (learnt != learnt_.end()) {
      return static_cast<std::uint32_t>(
          std::count(learnt->second.begin(), learnt->second.end(), true));
    }
    const auto ppm = static_cast<std::uint64_t>(kvern::exact::nearest_whole(share_ * 1e6));
    return static_cast<std::uint32_t>(bounds.kv_heads * ppm / 1'000'000);
  }
  double edge_mass(std::uint32_t head) const {
    double sum = 0;
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      for (std::uint32_t i = 0; i < layer_->bounds.prompt_tokens; ++i) {
        const auto row = rows_->mass(head * layer_->group + g, i);
        const std::size_t sinks = std::min<std::size_t>(sinks_, row.size());
        const std::size_t recent = row.size() - std::min<std::size_t>(recent_, row.size());
        for (std::size_t j = 0; j < sinks; ++j) sum += row[j];
        for (std::size_t j = std::max(sinks, recent); j < row.size(); ++j) sum += row[j];
      }
    }
    return sum;
  }
  void drop_middle(std::uint32_t head, std::size_t held, TokenDrops& drops) const {
    if (!streams_[head]) return;
    for (std::uint32_t slot = sinks_; slot + recent_ < held; ++slot) drops.slots.push_back(slot);
  }

  double share_;
  std::uint32_t sinks_, recent_;
  std::string gates_;
  std::map<std::uint32_t, std::vector<bool>> learnt_;  // by layer and KV head: it streams
  std::vector<bool> streams_;                          // by KV head
};

void Duo::learn(const PolicyFile& file) {
  std::vector<double> all;
  for (const auto& [layer, gates] : file.layers) {
    all.insert(all.end(), gates.gates.begin(), gates.gates.end());
  }
  const auto ppm = static_cast<std::uint64_t>(kvern::exact::nearest_whole(share_ * 1e6));
  std::vector<std::uint32_t> low;
  lowest(all, all.size() * ppm / 1'000'000, low);
  std::size_t first = 0;
  for (const auto& [layer, gates] : file.layers) {
    std::vector<bool>& streams = learnt_[layer];
    for (std::size_t head = 0; head < gates.gates.size(); ++head) {
      streams.push_back(
          std::binary_search(low.begin(), low.end(), static_cast<std::uint32_t>(first + head)));
    }
    first += gates.gates.size();
  }
}

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Duo>(p); }

}  // namespace kvern::token_eviction::duo
