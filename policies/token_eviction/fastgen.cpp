// FastGen (Ge et al., arXiv 2310.01801): at the end of the prompt each KV head takes the first of
//   special tokens; + punctuation; + heavy hitters; + recent tokens; everything
// whose mean recovered mass on the prompt's rows is at least `recover`. The sets then grow as their
// rule says: `heavy` and `recent` are shares of the context, heavy by accumulated attention.
#include <algorithm>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::fastgen {

namespace {

enum class Rule : std::uint8_t { Special, Punctuation, Heavy, Recent, Full };

class FastGen final : public HeadPolicy {
 public:
  explicit FastGen(Parameters& p)
      : recover_(p.get("recover", Share{0.95}, "least mean mass on what a rule keeps").value),
        heavy_(p.get("heavy", Share{0.3}, "share of the context kept as heavy hitters").value),
        recent_(p.get("recent", Share{0.3}, "share of the context kept as recent").value),
        fold_(read_fold(p)) {}

  std::string refusal(const TokenLayer& layer) const override {
    if (layer.bounds.prompt_tokens == 0) return "needs a prompt, to choose each head's rule";
    return layer.token_class.empty() ? "needs token_class in the recording" : "";
  }
  std::optional<TokenLine> resident(const TokenBounds&, std::uint32_t) const override {
    return std::nullopt;
  }
  TokenGrowth growth() const override { return TokenGrowth::ShareOfContext; }
  // As if no head kept everything: those that do score nothing.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = 2.0 * layer.group, .bytes_per_token = 8.0 * layer.group};
  }

 private:
  void start() override {
    rules_.assign(layer_->vectors.kv_heads, Rule::Full);
    sums_.resize(layer_->vectors.kv_heads);
    for (ColumnSums& sums : sums_) sums.reset(layer_->group);
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    const std::vector<std::uint32_t> kept = whole_prompt();
    sums_[head].add_prompt(*rows_, head * layer_->group, 0, prompt());
    for (const Rule rule : {Rule::Special, Rule::Punctuation, Rule::Heavy, Rule::Recent}) {
      rules_[head] = rule;
      if (recovered(head, kept) >= recover_) break;
      rules_[head] = Rule::Full;
    }
    drop_others(head, kept, prompt(), drops);
  }
  void evict(std::uint32_t head, std::uint32_t position, const TokenHead& view,
             TokenDrops& drops) override {
    if (rules_[head] == Rule::Full) return;
    sums_[head].add(view);
    drops.work.flops += 2 * view.mass.size();
    drop_others(head, view.kept, position + 1, drops);
  }
  static std::uint32_t share_of(double share, std::uint32_t context) {
    return share > 0 ? budget_tokens(share, {.tokens = context}) : 0;
  }
  bool of_class(Rule rule, std::uint32_t position) const {
    const std::uint8_t word = layer_->token_class[position];
    return word == 1 || (word == 2 && rule >= Rule::Punctuation);
  }

  // Slots that the head's rule keeps. Recent ones are the last of the row that looks, so here only
  // those of the newest token count.
  std::vector<bool> stay(std::uint32_t head, std::span<const std::uint32_t> kept,
                         std::uint32_t context) {
    const Rule rule = rules_[head];
    std::vector<bool> stays(kept.size(), rule == Rule::Full);
    for (std::size_t slot = 0; slot < kept.size(); ++slot) {
      if (of_class(rule, kept[slot])) stays[slot] = true;
    }
    if (rule >= Rule::Heavy) {
      top(sums_[head].folded(fold_), share_of(heavy_, context), chosen_);
      for (const std::uint32_t slot : chosen_) stays[slot] = true;
    }
    if (rule >= Rule::Recent) {
      const std::uint32_t recent = share_of(recent_, context);
      for (std::size_t slot = 0; slot < kept.size(); ++slot) {
        if (kept[slot] + recent >= context) stays[slot] = true;
      }
    }
    return stays;
  }

  // Mean over the prompt's rows and the group of the mass on what the rule keeps.
  double recovered(std::uint32_t head, std::span<const std::uint32_t> all) {
    const std::uint32_t prompt = layer_->bounds.prompt_tokens;
    const bool window = rules_[head] == Rule::Recent;
    const std::uint32_t recent = window ? share_of(recent_, prompt) : 0;
    if (window) rules_[head] = Rule::Heavy;
    const std::vector<bool> stays = stay(head, all, prompt);
    if (window) rules_[head] = Rule::Recent;
    double sum = 0;
    for (std::uint32_t g = 0; g < layer_->group; ++g) {
      for (std::uint32_t i = 0; i < prompt; ++i) {
        const auto row = rows_->mass(head * layer_->group + g, i);
        for (std::uint32_t j = 0; j <= i; ++j) {
          if (stays[j] || j + recent > i) sum += row[j];
        }
      }
    }
    return sum / (static_cast<double>(prompt) * layer_->group);
  }

  void drop_others(std::uint32_t head, std::span<const std::uint32_t> kept, std::uint32_t context,
                   TokenDrops& drops) {
    if (rules_[head] == Rule::Full) return;
    const std::vector<bool> stays = stay(head, kept, context);
    for (std::uint32_t slot = 0; slot < kept.size(); ++slot) {
      if (!stays[slot]) drops.slots.push_back(slot);
    }
    sums_[head].drop(drops.slots);
  }

  double recover_, heavy_, recent_;
  Fold fold_;
  std::vector<Rule> rules_;  // by KV head
  std::vector<ColumnSums> sums_;
  std::vector<std::uint32_t> chosen_;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<FastGen>(p); }

}  // namespace kvern::token_eviction::fastgen
