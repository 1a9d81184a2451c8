// H2O, the heavy-hitter oracle (Zhang et al., arXiv 2306.14048; FMInference/H2O ac75c2a): the
// tokens with the highest accumulated attention stay, with the most recent ones.
//
//   B     really drops: the `heavy` highest outside the last `recent`, and those
//   Bpos  the same, with positions in the cache
//   A     masks (as the accuracy tables were made): choosing a step ahead leaves the oldest of the
//         recent ones unseen for one step; its score stays, so it may come back as a heavy one
//   C     slots (FlexGen): the oldest recent token always takes the slot of the lowest heavy one;
//         recent = heavy - 1
//
// Under a budget: heavy B div 2, rest recent; C: heavy (B+1) div 2.
#include <algorithm>
#include <numeric>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"

namespace kvern::token_eviction::h2o {

namespace {

enum class Variant : std::uint8_t { A, B, Bpos, C };

Variant read_variant(Parameters& p) {
  const std::string word =
      p.choice("variant", "B", {"A", "B", "Bpos", "C"}, "which of the released programs");
  return word == "A"      ? Variant::A
         : word == "C"    ? Variant::C
         : word == "Bpos" ? Variant::Bpos
                          : Variant::B;
}

struct Sizes {
  std::uint32_t heavy = 0, recent = 0;
};

class H2o final : public HeadPolicy, public TokenReading {
 public:
  explicit H2o(Parameters& p)
      : heavy_(read_size(p, "heavy", "tokens kept for their accumulated attention", 0)),
        recent_(read_size(p, "recent", "last tokens, always kept", 0)),
        variant_(read_variant(p)),
        fold_(read_fold(p)),
        budget_(read_budget(p, {"heavy", "recent"}, false)) {
    if (variant_ != Variant::C) return;
    if (p.has("recent") && recent_ + 1 != heavy_) {
      p.error("recent", "variant C forces recent = heavy - 1", "leave recent out");
    }
    if (!budget_ && heavy_ < 2) p.error("heavy", "variant C needs heavy >= 2");
  }

  std::string refusal(const TokenLayer& layer) const override {
    if (sizes(layer.bounds).heavy + sizes(layer.bounds).recent == 0) {
      return "heavy and recent are both 0";
    }
    return variant_ == Variant::C && sizes(layer.bounds).heavy < 2 ? "variant C needs heavy >= 2"
                                                                   : "";
  }

  bool reindexes() const override { return variant_ == Variant::Bpos; }
  TokenReading* reading() override { return variant_ == Variant::A ? this : nullptr; }
  void select(std::uint32_t query_head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots, TokenWork&) override {
    const auto& masked = hidden_[query_head / layer_->group];
    for (std::uint32_t slot = 0; slot < kept.size(); ++slot) {
      if (masked.empty() || masked.front() != slot) slots.push_back(slot);
    }
  }
  std::vector<std::uint32_t> hidden(std::uint32_t kv_head) const override {
    return hidden_[kv_head];
  }
  // A sum for each query head of the group, added to and folded.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = layer.group + 1.0, .bytes_per_token = 8.0 * layer.group};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, sizes(bounds).heavy + sizes(bounds).recent);
  }
  std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const override {
    const Sizes of = sizes(bounds);
    const std::uint32_t most = of.heavy + of.recent;
    if (variant_ != Variant::A || of.recent == 0) return resident(bounds, n);
    if (n > most) return TokenLine{most - 1, 0, kAlways};
    return TokenLine{n, 1, std::int64_t{most} - n + 1};
  }

 private:
  void start() override {
    sizes_ = sizes(layer_->bounds);
    sums_.resize(layer_->vectors.kv_heads);
    for (ColumnSums& sums : sums_) sums.reset(layer_->group);
    slots_.resize(layer_->vectors.kv_heads);
    hidden_.resize(layer_->vectors.kv_heads);
  }
  void evict_prompt(std::uint32_t head, TokenDrops& drops) override {
    sums_[head].add_prompt(*rows_, head * layer_->group, 0, prompt());
    if (variant_ == Variant::C) {
      keep_heavy(head, prompt(), drops);
      const auto kept = static_cast<std::uint32_t>(prompt() - drops.slots.size());
      slots_[head].resize(std::min(kept, sizes_.heavy));
      std::iota(slots_[head].begin(), slots_[head].end(), 0U);
    } else {
      keep(head, prompt(), prompt(), drops);
    }
  }
  void evict(std::uint32_t head, std::uint32_t position, const TokenHead& view,
             TokenDrops& drops) override {
    sums_[head].add(view);
    drops.work.flops += view.kept.size() * (layer_->group + 1);
    if (variant_ == Variant::C) {
      kick(head, view.kept.size(), drops);
    } else {
      keep(head, view.kept.size(), position + 1, drops);
    }
  }
  Sizes sizes(const TokenBounds& bounds) const {
    Sizes of{heavy_, recent_};
    if (budget_) {
      const std::uint32_t whole = budget_tokens(*budget_, bounds);
      of.heavy = variant_ == Variant::C ? (whole + 1) / 2 : whole / 2;
      of.recent = whole - of.heavy;
    }
    if (variant_ == Variant::C) of.recent = of.heavy - 1;
    return of;
  }

  // Of `held` tokens the highest outside the last `recent` stay.
  void keep_heavy(std::uint32_t head, std::size_t held, TokenDrops& drops) {
    if (held <= std::size_t{sizes_.heavy} + sizes_.recent) return;
    const auto scores = sums_[head].folded(fold_).first(held - sizes_.recent);
    outside_top(scores, sizes_.heavy, drops.slots);
    sums_[head].drop(drops.slots);
  }

  // A, B and Bpos; `context` counts the dropped ones too.
  void keep(std::uint32_t head, std::size_t held, std::size_t context, TokenDrops& drops) {
    keep_heavy(head, held, drops);
    if (variant_ != Variant::A) return;
    hidden_[head].clear();
    if (context > std::size_t{sizes_.heavy} + sizes_.recent && sizes_.recent > 0) {
      hidden_[head].push_back(
          static_cast<std::uint32_t>(held - drops.slots.size() - sizes_.recent));
    }
  }

  // C: slots_ holds the cache slots of the heavy ones in their own order; the others are recent.
  void kick(std::uint32_t head, std::size_t held, TokenDrops& drops) {
    std::vector<std::uint32_t>& heavy = slots_[head];
    const auto newest = static_cast<std::uint32_t>(held - 1);
    if (held < std::size_t{2} * sizes_.heavy) {
      if (heavy.size() < sizes_.heavy) heavy.push_back(newest);
      return;
    }
    const auto scores = sums_[head].folded(fold_);
    std::size_t least = 0;
    for (std::size_t i = 1; i < heavy.size(); ++i) {
      if (scores[heavy[i]] < scores[heavy[least]]) least = i;
    }
    const std::uint32_t gone = heavy[least];
    drops.slots = {gone};
    sums_[head].drop(drops.slots);
    // The recent ones are the last heavy - 1 before the newest: the oldest is heavy's from now on.
    heavy[least] = newest - (sizes_.heavy - 1);
    for (std::uint32_t& slot : heavy) slot -= slot > gone ? 1 : 0;
  }

  std::uint32_t heavy_, recent_;
  Variant variant_;
  Fold fold_;
  std::optional<double> budget_;
  Sizes sizes_;
  std::vector<ColumnSums> sums_;
  std::vector<std::vector<std::uint32_t>> slots_;   // C, by KV head
  std::vector<std::vector<std::uint32_t>> hidden_;  // A, by KV head: one slot, or none
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) { return std::make_unique<H2o>(p); }

}  // namespace kvern::token_eviction::h2o
