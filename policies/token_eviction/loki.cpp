// Loki (Singhania et al., arXiv 2406.02542; 005913b): keys lie near a subspace. Nothing goes; the
// cached keys are scored on the first `rank` principal directions of the prompt's keys, or of a
// calibration recording's (by KV head, after RoPE), the query heads of a group folded; attention is
// exact on the share `keys` with the highest scores, and on the token itself.
#include <optional>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/principal_axes.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::loki {

namespace {

class Loki final : public KeepsAll, public TokenReading, public TokenTraining {
 public:
  explicit Loki(Parameters& p)
      : rank_(p.get<std::uint32_t>("rank", 32, "principal directions that score", {1, 1e6})),
        keys_(p.get("keys", Share{0.25}, "share of the cached keys that is read").value),
        basis_(p.get("basis", "prompt", "whose keys give the directions: prompt, or a recording")),
        fold_(read_fold(p)) {}

  TokenTraining* training() override { return this; }
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
  TokenReading* reading() override { return this; }
  // Nothing goes, so slots are positions.
  void select(std::uint32_t query_head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots, TokenWork& work) override {
    const std::uint32_t kv_head = query_head / layer_->group;
    const std::uint32_t position = kept.back();
    Head& head = heads_[kv_head];
    if (head.chosen_at != position) {
      choose(head, kv_head, position);
      head.chosen_at = position;
    }
    slots.assign(head.chosen.begin(), head.chosen.end());
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
  std::optional<TokenLine> read(const TokenBounds&, std::uint32_t n) const override {
    return TokenLine{count(n), 0, 1};
  }

 private:
  void start() override {
    rank_here_ = std::min(rank_, layer_->vectors.dim);
    heads_.assign(layer_->vectors.kv_heads, {});
    TokenVectors sample = layer_->vectors;
    std::uint32_t tokens = prompt();
    if (calibration_ != nullptr) {
      const PolicyFile::Layer& recorded = calibration_->layers.at(layer_->bounds.layer);
      sample.keys = recorded.keys.data();
      tokens = recorded.tokens;
    }
    for (std::uint32_t head = 0; head < heads_.size(); ++head) {
      heads_[head].axes = principal_axes(sample, head, tokens);
    }
  }

  struct Head {
    std::vector<double> axes;         // [dim][dim], the first direction first
    std::vector<double> coordinates;  // [position][rank]
    std::optional<std::uint32_t> chosen_at;
    std::vector<std::uint32_t> chosen;  // slots that the query heads read at that position
  };
  std::uint32_t count(std::uint32_t cached) const {
    return cached == 0 ? 0 : budget_tokens(keys_, {.tokens = cached});
  }
  void choose(Head& head, std::uint32_t kv_head, std::uint32_t position) {
    while (head.coordinates.size() < std::size_t{position} * rank_here_) {
      const auto next = static_cast<std::uint32_t>(head.coordinates.size() / rank_here_);
      project(head, layer_->vectors.key(kv_head, next), head.coordinates);
    }
    rows_.assign(std::size_t{layer_->group} * position, 0.0);
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      query_.clear();
      project(head, layer_->vectors.query(kv_head * layer_->group + g, position), query_);
      double* row = rows_.data() + std::size_t{g} * position;
      for (std::uint32_t j = 0; j < position; ++j) {
        const double* key = head.coordinates.data() + std::size_t{j} * rank_here_;
        for (std::uint32_t r = 0; r < rank_here_; ++r) row[j] += query_[r] * key[r];
      }
    }
    scores_.clear();
    if (position > 0) fold_rows(fold_, rows_, layer_->group, scores_);
    top(scores_, count(position), head.chosen);
    head.chosen.push_back(position);
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
  Fold fold_;
  const PolicyFile* calibration_ = nullptr;
  std::vector<Head> heads_;  // by KV head
  std::vector<double> query_, rows_, scores_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Loki>(p); }

}  // namespace kvern::token_eviction::loki
