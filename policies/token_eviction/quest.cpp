// Quest (Tang et al., arXiv 2406.10774; 01c1623): nothing goes, but a step reads only the pages of
// keys that can matter to its query, by the largest dot product that a page's smallest and largest
// key numbers allow: sum over the dimensions of max(q min, q max). Each query head reads `pages`
// pages; the page being filled is one of them.
#include <algorithm>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::quest {

namespace {

class Quest final : public KeepsAll, public TokenReading {
 public:
  explicit Quest(Parameters& p)
      : page_(p.get<std::uint32_t>("page", 16, "tokens a page", {1, 1e6})),
        pages_(read_size(p, "pages", "pages that a query head reads, the current one among them")),
        dense_(p.get<std::uint32_t>("dense_layers", 0, "first layers that read all")),
        budget_(read_budget(p, {"pages"}, false)) {}

  TokenReading* reading() override { return this; }

  // Nothing goes, so slots are positions.
  void select(std::uint32_t query_head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots, TokenWork& work) override {
    const std::uint32_t kv_head = query_head / layer_->group;
    const std::uint32_t position = kept.back();
    while (seen_[kv_head] <= position) add_key(kv_head, seen_[kv_head]++);
    const std::uint32_t current = position / page_;
    const std::uint32_t wanted = pages(layer_->bounds);
    chosen_.clear();
    if (current < wanted) {
      for (std::uint32_t page = 0; page < current; ++page) chosen_.push_back(page);
    } else {
      score(query_head, position, current);
      top(scores_, wanted - 1, chosen_);
      work.flops += std::uint64_t{current} * layer_->vectors.dim * 4;
      if (query_head % layer_->group == 0) {
        work.bytes_read +=
            static_cast<std::uint64_t>(2.0 * current * layer_->vectors.dim * layer_->kv_bytes);
      }
    }
    for (const std::uint32_t page : chosen_) {
      for (std::uint32_t j = page * page_; j < (page + 1) * page_; ++j) slots.push_back(j);
    }
    for (std::uint32_t j = current * page_; j <= position; ++j) slots.push_back(j);
  }

  // Smallest and largest key numbers of every page, against each query head.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    const double summaries = 2.0 * layer.vectors.dim / page_;  // numbers a token
    return {.flops_per_token = 2 * summaries * layer.group,
            .bytes_per_token = summaries * layer.kv_bytes};
  }
  std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const override {
    const std::uint32_t wanted = pages(bounds);
    if (wanted == kAll) return TokenLine{n, 1, kAlways};
    if (n / page_ < wanted) return TokenLine{n, 1, std::int64_t{wanted} * page_ - n};
    return TokenLine{std::int64_t{wanted - 1} * page_ + n % page_, 1, page_ - n % page_};
  }

 private:
  void start() override {
    least_.resize(layer_->vectors.kv_heads);
    most_.resize(layer_->vectors.kv_heads);
    seen_.assign(layer_->vectors.kv_heads, 0);
  }
  static constexpr std::uint32_t kAll = UINT32_MAX;
  std::uint32_t pages(const TokenBounds& bounds) const {
    if (bounds.layer < dense_) return kAll;
    return budget_ ? std::max(3U, budget_tokens(*budget_, bounds) / page_) : pages_;
  }
  void add_key(std::uint32_t kv_head, std::uint32_t position) {
    const auto key = layer_->vectors.key(kv_head, position);
    auto& least = least_[kv_head];
    auto& most = most_[kv_head];
    if (position % page_ == 0) {
      least.insert(least.end(), key.begin(), key.end());
      most.insert(most.end(), key.begin(), key.end());
      return;
    }
    const std::size_t at = least.size() - key.size();
    for (std::size_t d = 0; d < key.size(); ++d) {
      least[at + d] = std::min(least[at + d], key[d]);
      most[at + d] = std::max(most[at + d], key[d]);
    }
  }
  void score(std::uint32_t query_head, std::uint32_t position, std::uint32_t count) {
    const auto query = layer_->vectors.query(query_head, position);
    const float* least = least_[query_head / layer_->group].data();
    const float* most = most_[query_head / layer_->group].data();
    scores_.assign(count, 0.0);
    for (double& score : scores_) {
      for (const double q : query) score += std::max(q * *least++, q * *most++);
    }
  }

  std::uint32_t page_, pages_, dense_;
  std::optional<double> budget_;
  std::vector<std::vector<float>> least_, most_;  // by KV head: [page][dim]
  std::vector<std::uint32_t> seen_;               // by KV head: keys taken in
  std::vector<double> scores_;
  std::vector<std::uint32_t> chosen_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<Quest>(p); }

}  // namespace kvern::token_eviction::quest
