// Clairvoyant, for tiny cases: of all ways to keep at most `size` tokens, none of which returns,
// the one with the highest sum of recall. Dynamic programming over the sets that can be kept.
#include <algorithm>
#include <bit>
#include <map>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::exact {

namespace {

using Set = std::uint32_t;  // bit j: token j is kept

class ExactOptimum final : public LayerPolicy {
 public:
  explicit ExactOptimum(Parameters& p) : size_(p) {}

  std::string refusal(const TokenLayer& layer) const override {
    constexpr std::uint32_t kMostTokens = 20;
    return layer.bounds.tokens > kMostTokens ? "is for at most 20 tokens" : "";
  }
  void prefill(std::span<TokenDrops> drops) override { follow(0, drops); }
  void step(const TokenStep& step, std::span<TokenDrops> drops) override {
    follow(step.position + 1 - layer_->bounds.prompt_tokens, drops);
  }
  bool clairvoyant() const override { return true; }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, size_.of(bounds));
  }

 private:
  void start() override {
    plans_.clear();
    for (std::uint32_t head = 0; head < layer_->vectors.kv_heads; ++head) {
      plans_.push_back(plan(head, *rows_));
    }
  }
  struct Best {
    double recall = 0;  // from the step on
    Set next = 0;       // kept after it
  };
  struct Plan {
    std::vector<Set> kept;  // after the prompt, and after each decode step
  };

  static std::uint32_t count(Set set) { return static_cast<std::uint32_t>(std::popcount(set)); }

  // All sets of the tokens before `end` with exactly `size` tokens (or all of them, if fewer): a
  // larger set is never worse.
  static std::vector<Set> sets(std::uint32_t end, std::uint32_t size) {
    std::vector<Set> found;
    const std::uint32_t wanted = std::min(end, size);
    for (Set set = 0; set < (Set{1} << end); ++set) {
      if (count(set) == wanted) found.push_back(set);
    }
    return found;
  }

  Plan plan(std::uint32_t head, AttentionRows& rows) const {
    const std::uint32_t tokens = layer_->bounds.tokens;
    const std::uint32_t prompt = layer_->bounds.prompt_tokens;
    const std::uint32_t size = size_.of(layer_->bounds);
    std::vector<std::map<Set, Best>> best(tokens + 1);
    for (const Set set : sets(tokens, size)) best[tokens][set] = {};
    std::vector<double> values, folded;
    for (std::uint32_t t = tokens; t-- > prompt;) {
      values.clear();
      for (std::uint32_t g = 0; g < layer_->group; ++g) {
        const auto row = rows.mass(head * layer_->group + g, t);
        values.insert(values.end(), row.begin(), row.end());
      }
      fold_rows(Fold::Mean, values, layer_->group, folded);
      for (const Set set : sets(t, size)) best[t][set] = step_best(set, t, folded, best[t + 1]);
    }
    Set now = 0;
    double most = -1;
    for (const auto& [set, value] : best[prompt]) {
      if (value.recall > most) {
        most = value.recall;
        now = set;
      }
    }
    Plan plan{{now}};
    for (std::uint32_t t = prompt; t < tokens; ++t) plan.kept.push_back(now = best[t][now].next);
    return plan;
  }

  // The best that follows from `set` at step t: the new token joins, and one may have to go.
  static Best step_best(Set set, std::uint32_t t, const std::vector<double>& row,
                        const std::map<Set, Best>& after) {
    double recall = row[t];
    for (std::uint32_t j = 0; j < t; ++j) recall += (set >> j & 1) != 0 ? row[j] : 0;
    const Set all = set | Set{1} << t;
    Best best{-1, all};
    if (const auto stays = after.find(all); stays != after.end()) {
      return {recall + stays->second.recall, all};
    }
    for (std::uint32_t j = 0; j <= t; ++j) {
      const auto next = after.find(all & ~(Set{1} << j));
      if ((all >> j & 1) == 0 || next == after.end()) continue;
      if (recall + next->second.recall > best.recall) {
        best = {recall + next->second.recall, next->first};
      }
    }
    return best;
  }

  void follow(std::uint32_t done, std::span<TokenDrops> drops) const {
    for (std::size_t head = 0; head < drops.size(); ++head) {
      const auto& kept = plans_[head].kept;
      const Set before = done == 0
                             ? (Set{1} << layer_->bounds.prompt_tokens) - 1
                             : kept[done - 1] | Set{1} << (done - 1 + layer_->bounds.prompt_tokens);
      std::uint32_t slot = 0;
      for (std::uint32_t j = 0; j < layer_->bounds.tokens; ++j) {
        if ((before >> j & 1) == 0) continue;
        if ((kept[done] >> j & 1) == 0) drops[head].slots.push_back(slot);
        ++slot;
      }
    }
  }

  CacheSize size_;
  std::vector<Plan> plans_;  // by KV head
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<ExactOptimum>(p); }

}  // namespace kvern::token_eviction::exact
