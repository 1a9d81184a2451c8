// Loki (Singhania et al., arXiv 2406.02542; 005913b): keys lie near a subspace. Nothing goes; each
// query head scores the cached keys on the first `rank` principal directions of the prompt's keys,
// or of a calibration recording's (by KV head, after RoPE), and attends exactly to the share `keys`
// with the highest scores, and to itself.
#include "policies/principal_axes.h"
#include "policies/token_budget.h"
#include "policies/token_scores.h"
#include "policies/tokens.h"

namespace kvern::tokens::loki {

namespace {

class Loki final : public TokenEviction {
 public:
  explicit Loki(Parameters& p)
      : rank_(p.get<std::uint32_t>("rank", 32, "principal directions that score", {1, 1e6})),
        keys_(p.get("keys", Share{0.25}, "share of the cached keys that is read").value),
        basis_(p.get("basis", "prompt", "whose keys give the directions: prompt, or a recording")) {
  }

  std::string file() const override { return basis_ == "prompt" ? "" : basis_; }
  void learn(const PolicyFile& file) override { calibration_ = &file; }
  std::string refusal(const TokenLayer& layer) const override {
    if (basis_ == "prompt") {
      return layer.bounds.prompt_tokens == 0 ? "needs a prompt, for its principal directions" : "";
    }
    if (calibration_ == nullptr) return "its calibration recording was not read";
    const auto found = calibration_->layers.find(layer.bounds.layer);
    if (found == calibration_->layers.end() || found->second.keys.empty()) {
      return basis_ + " has no keys of layer " + std::to_string(layer.bounds.layer);
    }
    const bool fits =
        found->second.kv_heads == layer.vectors.kv_heads && found->second.dim == layer.vectors.dim;
    return fits ? "" : basis_ + " is of another model";
  }
  void begin(const TokenLayer& layer, AttentionRows&) override {
    layer_ = &layer;
    rank_here_ = std::min(rank_, layer.vectors.dim);
    heads_.resize(layer.vectors.kv_heads);
    TokenVectors sample = layer.vectors;
    std::uint32_t tokens = layer.bounds.prompt_tokens;
    if (calibration_ != nullptr) {
      const PolicyFile::Layer& recorded = calibration_->layers.at(layer.bounds.layer);
      sample.keys = recorded.keys.data();
      tokens = recorded.tokens;
    }
    for (std::uint32_t head = 0; head < heads_.size(); ++head) {
      heads_[head].axes = principal_axes(sample, head, tokens);
    }
  }
  void prefill(std::span<TokenDrops>) override {}
  void step(const TokenStep&, std::span<TokenDrops>) override {}
  bool selects() const override { return true; }
  // Nothing goes, so slots are positions.
  void select(std::uint32_t query_head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots, TokenWork& work) override {
    const std::uint32_t kv_head = query_head / layer_->group;
    const std::uint32_t position = kept.back();
    Head& head = heads_[kv_head];
    while (head.coordinates.size() < std::size_t{position} * rank_here_) {
      const auto next = static_cast<std::uint32_t>(head.coordinates.size() / rank_here_);
      project(head, layer_->vectors.key(kv_head, next), head.coordinates);
    }
    query_.clear();
    project(head, layer_->vectors.query(query_head, position), query_);
    scores_.assign(position, 0.0);
    for (std::uint32_t j = 0; j < position; ++j) {
      const double* key = head.coordinates.data() + std::size_t{j} * rank_here_;
      for (std::uint32_t r = 0; r < rank_here_; ++r) scores_[j] += query_[r] * key[r];
    }
    top(scores_, count(position), slots);
    slots.push_back(position);
    work.flops += 2 * std::uint64_t{rank_here_} * (position + layer_->vectors.dim);
    if (query_head % layer_->group == 0) {
      work.bytes_read +=
          static_cast<std::uint64_t>(layer_->kv_bytes * rank_here_ * static_cast<double>(position));
    }
  }
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    const double rank = std::min(rank_, layer.vectors.dim);
    return {.flops_per_token = 2 * rank * layer.group,
            .flops_per_step = 2 * rank * layer.vectors.dim * layer.group,
            .bytes_per_token = layer.kv_bytes * rank};
  }
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t n) const override {
    return TokenLine{n, 1, kAlways};
  }
  std::optional<TokenLine> read(const TokenBounds&, std::uint32_t n) const override {
    return TokenLine{count(n), 0, 1};
  }

 private:
  struct Head {
    std::vector<double> axes;         // [dim][dim], the first direction first
    std::vector<double> coordinates;  // [position][rank]
  };
  std::uint32_t count(std::uint32_t cached) const {
    return cached == 0 ? 0 : budget_tokens(keys_, {.tokens = cached});
  }
  void project(const Head& head, std::span<const float> vector, std::vector<double>& into) const {
    for (std::uint32_t r = 0; r < rank_here_; ++r) {
      double sum = 0;
      for (std::size_t d = 0; d < vector.size(); ++d) {
        sum += vector[d] * head.axes[r * vector.size() + d];
      }
      into.push_back(sum);
    }
  }

  std::uint32_t rank_, rank_here_ = 0;
  double keys_;
  std::string basis_;
  const PolicyFile* calibration_ = nullptr;
  const TokenLayer* layer_ = nullptr;
  std::vector<Head> heads_;  // by KV head
  std::vector<double> query_, scores_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Loki>(p); }

}  // namespace kvern::tokens::loki
