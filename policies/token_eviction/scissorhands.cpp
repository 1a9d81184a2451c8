// Scissorhands (Liu et al., arXiv 2305.17118; rule as in cold-compress 15bb300): a token that
// recent queries found unimportant will stay so. Per token: how many of the last `history` queries
// gave it less than 1 / (tokens seen); each query head has its own threshold, and a group's counts
// are folded. Over `size`, the `drop` highest counts (or as many as are too many) outside the last
// `recent` go.
#include <algorithm>
#include <optional>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::scissorhands {

namespace {

class Scissorhands final : public HeadPolicy {
 public:
  explicit Scissorhands(Parameters& p)
      : size_(p),
        history_(p.get<std::uint32_t>("history", 400, "last queries that count", {1, 1e6})),
        recent_(
            p.find<std::uint32_t>("recent", "last tokens, always kept; absent: 10, at most half")),
        drop_(p.get<std::uint32_t>("drop", 1, "tokens an eviction", {1, 1e9})),
        fold_(read_fold(p)) {}

  std::string refusal(const TokenLayer& layer) const override {
    const std::uint32_t size = size_.of(layer.bounds);
    return size + 1 < recent(size) + drop_ ? "size + 1 must be at least recent + drop" : "";
  }
  // A count for each query head of the group; the history of single bits is not counted.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = 3.0 * layer.group, .bytes_per_token = 8.0 * layer.group};
  }
  // Full, it falls by drop - 1 and grows again.
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    const std::uint32_t size = size_.of(bounds);
    std::uint32_t held = bounds.prompt_tokens;
    if (held > size) held -= std::max(drop_, held - size);
    const std::uint32_t grown = held + (n - bounds.prompt_tokens);
    if (grown <= size) return TokenLine{grown, 1, std::int64_t{size} - grown + 1};
    const std::uint32_t into = (grown - size - 1) % drop_;  // steps since the last eviction
    return TokenLine{size + 1 - drop_ + into, drop_ > 1 ? 1 : 0,
                     drop_ > 1 ? drop_ - into : kAlways};
  }

 private:
  void start() override {
    heads_.resize(layer_->vectors.kv_heads);
    for (Head& head : heads_) {
      head.counts.resize(layer_->group);
      head.low.assign(std::size_t{layer_->group} * history_,
                      std::vector<bool>(layer_->bounds.tokens));
    }
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    const std::vector<std::uint32_t> kept = whole_prompt();
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      heads_[head].counts[g].assign(prompt(), 0.0);
      for (std::uint32_t i = prompt() - std::min(prompt(), history_); i < prompt(); ++i) {
        const auto row = rows_->mass(head * layer_->group + g, i);
        count(heads_[head], g, i, std::span(kept).first(row.size()), row);
      }
    }
    drop_unimportant(heads_[head], prompt(), drops);
  }
  void evict(std::uint32_t head, std::uint32_t position, const TokenHead& view,
             TokenDrops& drops) override {
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      heads_[head].counts[g].resize(view.kept.size(), 0.0);
      count(heads_[head], g, position, view.kept, view.row(g));
    }
    drops.work.flops += 3 * view.mass.size();
    drop_unimportant(heads_[head], view.kept.size(), drops);
  }

  struct Head {
    std::vector<std::vector<double>> counts;  // [query head of the group][slot]
    // Who got little from a query: [query head of the group * history + query mod
    // history][position]
    std::vector<std::vector<bool>> low;
  };
  std::uint32_t recent(std::uint32_t size) const {
    return recent_.value_or(std::min(10U, size / 2));
  }

  // Takes in the row of query i, and lets go of the one `history` queries before.
  void count(Head& head, std::uint32_t g, std::uint32_t i, std::span<const std::uint32_t> kept,
             std::span<const double> row) const {
    std::vector<bool>& low = head.low[std::size_t{g} * history_ + i % history_];
    const double least = 1 / static_cast<double>(row.size());
    for (std::size_t slot = 0; slot < row.size(); ++slot) {
      if (low[kept[slot]]) --head.counts[g][slot];
      low[kept[slot]] = row[slot] < least;
      if (low[kept[slot]]) ++head.counts[g][slot];
    }
  }

  void drop_unimportant(Head& head, std::size_t held, TokenDrops& drops) {
    const std::uint32_t size = size_.of(layer_->bounds);
    if (held <= size) return;
    std::vector<double> all;
    for (const auto& counts : head.counts) {
      all.insert(all.end(), counts.begin(), counts.end() - recent(size));
    }
    std::vector<double> folded;
    fold_rows(fold_, all, layer_->group, folded);
    top(folded, std::max<std::size_t>(drop_, held - size), drops.slots);
    for (auto& counts : head.counts) drop_slots(counts, drops.slots);
  }

  CacheSize size_;
  std::uint32_t history_;
  std::optional<std::uint32_t> recent_;
  std::uint32_t drop_;
  Fold fold_;
  std::vector<Head> heads_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Scissorhands>(p); }

}  // namespace kvern::token_eviction::scissorhands
