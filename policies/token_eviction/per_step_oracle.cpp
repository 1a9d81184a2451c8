// Clairvoyant: nothing goes, and each step reads the `size` earlier tokens with the most of its
// true row, and itself: a set of its own for every query head, so that no policy whose query heads
// read `size` tokens can have more recall, whether it evicts or selects. With `shared` the heads of
// a group read one set, by their mean: what eviction can reach at best, since they share a cache.
#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::per_step_oracle {

namespace {

class PerStepOracle final : public KeepsAll, public TokenReading {
 public:
  explicit PerStepOracle(Parameters& p)
      : size_(p, "earlier tokens read in a step"),
        shared_(p.get("shared", false, "one set for the query heads of a group")) {}

  bool clairvoyant() const override { return true; }
  TokenReading* reading() override { return this; }
  void select(std::uint32_t query_head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots, TokenWork&) override {
    const std::uint32_t count = shared_ ? layer_->group : 1;
    const std::uint32_t first = query_head / count * count;
    values_.clear();
    for (std::uint32_t g = 0; g < count; ++g) {
      const auto row = rows_->mass(first + g, kept.back());
      values_.insert(values_.end(), row.begin(), row.end() - 1);
    }
    scores_.clear();
    if (!values_.empty()) fold_rows(Fold::Mean, values_, count, scores_);
    top(scores_, size_.of(layer_->bounds), slots);
    slots.push_back(static_cast<std::uint32_t>(kept.size() - 1));
  }
  std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  CacheSize size_;
  bool shared_;
  std::vector<double> values_, scores_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<PerStepOracle>(p); }

}  // namespace kvern::token_eviction::per_step_oracle
