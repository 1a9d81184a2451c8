// Ours. Four segments, so that no kind of token starves another: sinks (the first), recent (the
// last: slots reserved for every new token), rare, heavy. A token that leaves `recent` competes:
//   rare   by token_rarity, or without it by 1 / (its occurrences so far): a free slot, or it is at
//          least as rare as the least rare inside (of those the oldest), which competes for heavy
//   heavy  by attention per exposure, s / e with s = g s + a', e = g e + 1, g = 2^(-1/half_life):
//          age alone is no merit. The lowest goes
// Every `check` steps, when the heavy segment's mean mass of the last `check` queries is below
// `drift` x that of the `check` before, the topic has changed: s and e of all tokens restart from
// the last `check` queries alone. Under a budget: sinks 4, recent 25 %, rare 10 %, the rest heavy.
#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "policies/parts/tokens/layer_policies.h"
#include "policies/parts/tokens/token_budget.h"
#include "policies/parts/tokens/token_scores.h"
#include "policies/token_eviction.h"
#include "sim/base/exact_math.h"

namespace kvern::token_eviction::segmented_heavy_hitter {

namespace {

enum class Segment : std::uint8_t { Sink, Recent, Rare, Heavy, Out };

struct Sizes {
  std::uint32_t sinks = 0, recent = 0, heavy = 0, rare = 0;
  std::uint32_t sum() const { return sinks + recent + heavy + rare; }
};

struct Entry {
  Segment segment = Segment::Recent;
  double mass = 0, exposure = 0;                // s, e
  double window_mass = 0, window_exposure = 0;  // of the queries since the last check alone
  double rate() const { return exposure > 0 ? mass / exposure : 0; }
};

// One KV head.
struct Head {
  std::vector<Entry> entries;  // by slot
  double heavy_mass = 0;       // since the last check: sum over queries of the segment's mean
  double heavy_before = -1;    // in the check before; -1: there was none
};

class SegmentedHeavyHitter final : public HeadPolicy {
 public:
  explicit SegmentedHeavyHitter(Parameters& p)
      : given_{p.get<std::uint32_t>("sinks", 4, "first tokens, always kept"),
               read_size(p, "recent", "slots of the last tokens"),
               read_size(p, "heavy", "slots of tokens with much attention per exposure", 0),
               read_size(p, "rare", "slots of rare tokens", 0)},
        half_life_(
            p.get("half_life", 256.0, "queries after which attention counts half", {1e-3, 1e9})),
        check_(p.get<std::uint32_t>("check", 32, "queries between looks for drift", {1, 1e9})),
        drift_(p.get("drift", 0.5, "heavy mass below this share of before is drift", {0, 1})),
        fold_(read_fold(p)),
        budget_(read_budget(p, {"recent", "heavy", "rare"}, false)),
        keep_(kvern::exact::pow(2, -1 / half_life_)) {}

  // Four numbers a token: s and e, and those of the queries since the last check.
  TokenUpkeep upkeep(const TokenLayer& layer) const override {
    return {.flops_per_token = layer.group + 7.0, .bytes_per_token = 32};
  }
  std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const override {
    return grows_to(n, sizes(bounds).sum());
  }

 private:
  void start() override {
    sizes_ = sizes(layer_->bounds);
    heads_.assign(layer_->vectors.kv_heads, {});
    if (layer_->token_rarity.empty()) count_occurrences();
  }
  void evict_prompt(std::uint32_t h, TokenDrops& drops) override {
    const std::vector<std::uint32_t> kept = whole_prompt();
    std::vector<double> values;
    for (std::uint32_t i = 0; i < prompt(); ++i) {
      values.clear();
      for (std::uint32_t g = 0; g < layer_->group; ++g) {
        const auto row = rows_->mass(h * layer_->group + g, i);
        values.insert(values.end(), row.begin(), row.end());
      }
      fold_rows(fold_, values, layer_->group, row_);
      observe(heads_[h], i);
    }
    for (Entry& entry : heads_[h].entries) entry.window_mass = entry.window_exposure = 0;
    for (std::uint32_t slot = sizes_.sinks; slot + sizes_.recent < prompt(); ++slot) {
      compete(heads_[h], slot, kept, prompt() - 1);
    }
    take_out(heads_[h], drops);
  }
  void evict(std::uint32_t h, std::uint32_t position, const TokenHead& view,
             TokenDrops& drops) override {
    const std::uint32_t decoded = position + 1 - prompt();
    fold_rows(fold_, view.mass, layer_->group, row_);
    observe(heads_[h], position);
    add_heavy_mass(heads_[h]);
    if (decoded % check_ == 0) look_for_drift(heads_[h]);
    const std::size_t held = view.kept.size();
    if (held > std::size_t{sizes_.sinks} + sizes_.recent) {
      // The oldest of the recent ones: the last tokens are all there.
      compete(heads_[h], static_cast<std::uint32_t>(held - sizes_.recent - 1), view.kept, position);
    }
    take_out(heads_[h], drops);
    drops.work.flops += view.kept.size() * (layer_->group + 7);
  }

  Sizes sizes(const TokenBounds& bounds) const {
    if (!budget_) return given_;
    const std::uint32_t whole = budget_tokens(*budget_, bounds);
    Sizes of;
    of.sinks = std::min(4U, whole);
    of.recent = std::min(whole - of.sinks, whole * 25 / 100);
    of.rare = std::min(whole - of.sinks - of.recent, whole * 10 / 100);
    of.heavy = whole - of.sinks - of.recent - of.rare;
    return of;
  }

  // earlier_[t]: the last position before t with t's token; occurrences_[t]: up to t.
  void count_occurrences() {
    absl::flat_hash_map<std::int32_t, std::uint32_t> numbers;
    token_number_.clear();
    for (const std::int32_t id : layer_->ids) {
      token_number_.push_back(
          numbers.try_emplace(id, static_cast<std::uint32_t>(numbers.size())).first->second);
    }
    occurrences_.assign(numbers.size(), 0);
    counted_ = 0;
  }
  double rarity(std::uint32_t position, std::uint32_t now) {
    if (!layer_->token_rarity.empty()) return layer_->token_rarity[position];
    while (counted_ <= now) ++occurrences_[token_number_[counted_++]];
    return 1.0 / occurrences_[token_number_[position]];
  }

  // row_ is what the query at `position` gave each slot; the newest slot joins.
  void observe(Head& head, std::uint32_t position) {
    if (head.entries.size() < row_.size()) {
      head.entries.emplace_back();
      if (position < sizes_.sinks) head.entries.back().segment = Segment::Sink;
    }
    for (std::size_t slot = 0; slot < row_.size(); ++slot) {
      Entry& entry = head.entries[slot];
      entry.mass = keep_ * entry.mass + row_[slot];
      entry.exposure = keep_ * entry.exposure + 1;
      entry.window_mass = keep_ * entry.window_mass + row_[slot];
      entry.window_exposure = keep_ * entry.window_exposure + 1;
    }
  }
  void add_heavy_mass(Head& head) const {
    double sum = 0;
    std::uint32_t count = 0;
    for (std::size_t slot = 0; slot < row_.size(); ++slot) {
      if (head.entries[slot].segment != Segment::Heavy) continue;
      sum += row_[slot];
      ++count;
    }
    if (count > 0) head.heavy_mass += sum / count;
  }
  void look_for_drift(Head& head) const {
    const bool drifted = head.heavy_before > 0 && head.heavy_mass < drift_ * head.heavy_before;
    for (Entry& entry : head.entries) {
      if (drifted) {
        entry.mass = entry.window_mass;
        entry.exposure = entry.window_exposure;
      }
      entry.window_mass = entry.window_exposure = 0;
    }
    head.heavy_before = head.heavy_mass;
    head.heavy_mass = 0;
  }

  // Where the token at `slot`, which leaves `recent`, goes; one token may end up outside.
  void compete(Head& head, std::uint32_t slot, std::span<const std::uint32_t> kept,
               std::uint32_t now) {
    if (sizes_.rare > 0) {
      std::uint32_t inside = 0;
      std::uint32_t least = slot;
      double least_rarity = rarity(kept[slot], now);
      for (std::uint32_t i = slot; i-- > 0;) {  // of equals the oldest is found last
        if (head.entries[i].segment != Segment::Rare) continue;
        ++inside;
        const double other = rarity(kept[i], now);
        if (other <= least_rarity) {
          least = i;
          least_rarity = other;
        }
      }
      head.entries[slot].segment = Segment::Rare;
      if (inside < sizes_.rare) return;
      slot = least;
    }
    head.entries[slot].segment = Segment::Heavy;
    std::uint32_t inside = 0;
    std::uint32_t least = slot;
    for (std::uint32_t i = 0; i < head.entries.size(); ++i) {
      if (head.entries[i].segment != Segment::Heavy) continue;
      ++inside;
      const double rate = head.entries[i].rate();
      const double lowest_rate = head.entries[least].rate();
      if (rate < lowest_rate || (rate == lowest_rate && i < least)) least = i;
    }
    if (inside > sizes_.heavy) head.entries[least].segment = Segment::Out;
  }
  static void take_out(Head& head, TokenDrops& drops) {
    for (std::uint32_t slot = 0; slot < head.entries.size(); ++slot) {
      if (head.entries[slot].segment == Segment::Out) drops.slots.push_back(slot);
    }
    drop_slots(head.entries, drops.slots);
  }

  Sizes given_;
  double half_life_;
  std::uint32_t check_;
  double drift_;
  Fold fold_;
  std::optional<double> budget_;
  double keep_;  // g
  Sizes sizes_;
  std::vector<Head> heads_;
  std::vector<double> row_;
  std::vector<std::uint32_t> token_number_;  // by position: the same for equal tokens
  std::vector<std::uint32_t> occurrences_;   // by that number, of the positions before counted_
  std::uint32_t counted_ = 0;
};

}  // namespace

std::unique_ptr<TokenEviction> make(Parameters& p) {
  return std::make_unique<SegmentedHeavyHitter>(p);
}

}  // namespace kvern::token_eviction::segmented_heavy_hitter
