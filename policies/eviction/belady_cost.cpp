// Clairvoyant, and knows what a miss costs: the block with the largest
//
//   (position of its next use - present position) / cost to compute it again
//
// goes, one that is never used again before all others. A heuristic, not a bound (the optimum is
// NP-hard). Costs are grouped, two groups an octave: within a group the farthest use decides,
// between the groups' farthest blocks the quotient. Where costs are not known a block's tokens
// stand for them; with all alike it is `belady`. O(log n) a call, and 64 groups to compare for an
// eviction.
#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_heaps.h"

namespace kvern::eviction::belady_cost {

namespace {

constexpr std::uint32_t kGroups = 64;

struct Farthest {
  std::uint64_t next_use = 0;
  bool operator<(const Farthest& other) const { return next_use > other.next_use; }
};

// Two an octave: [2^k, 1.5 x 2^k) and [1.5 x 2^k, 2^(k+1)).
std::uint32_t group_of(std::uint64_t cost) {
  const int octave = std::bit_width(cost) - 1;
  const auto upper = octave > 0 ? static_cast<std::uint32_t>(cost >> (octave - 1) & 1) : 0;
  return std::min(2 * static_cast<std::uint32_t>(octave) + upper, kGroups - 1);
}

class BeladyCost final : public Eviction {
 public:
  void foresee(const Oracle& oracle) override { oracle_ = &oracle; }
  bool clairvoyant() const override { return true; }
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity, kGroups);
    states_.assign(capacity, State{});
    shown_ = 0;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    const std::uint64_t known = info.recompute_cost_ns > 0 ? info.recompute_cost_ns : info.tokens;
    const std::uint64_t cost = std::max<std::uint64_t>(1, known);
    states_[index(block)] = {info.content, cost, group_of(cost)};
    show(index(block));
  }
  void touched(BlockId block, SimTime) override {
    if (!idle_.holds(index(block))) return;
    hide(index(block));
    show(index(block));
  }
  void pinned(BlockId block) override { hide(index(block)); }
  void released(BlockId block, SimTime) override { show(index(block)); }
  void removed(BlockId block) override { hide(index(block)); }
  BlockId victim(SimTime) override {
    std::uint32_t best = kNoBlock;
    double best_score = -1;
    for (std::uint32_t group = 0; group < kGroups; ++group) {
      const std::uint32_t block = idle_.top(group);
      if (block == kNoBlock) continue;
      if (idle_.key(block).next_use == kNoNextUse) return BlockId{block};
      const std::uint64_t next = idle_.key(block).next_use;
      const auto distance = static_cast<double>(next - std::min(next, oracle_->position()));
      const double score = distance / static_cast<double>(states_[block].cost);
      if (score > best_score) {
        best = block;
        best_score = score;
      }
    }
    return BlockId{best};
  }

 private:
  struct State {
    std::uint64_t content = 0;
    std::uint64_t cost = 1;
    std::uint32_t group = 0;
  };
  void show(std::uint32_t block) {
    if (++shown_ >= states_.size()) refresh();
    const State& state = states_[block];
    idle_.push(block, {oracle_->next_use(state.content)}, state.group);
  }
  void hide(std::uint32_t block) { idle_.remove(block, states_[block].group); }

  // In a serving run a use may have passed elsewhere: then the one after it counts. Once in as many
  // calls as there are blocks.
  void refresh() {
    shown_ = 0;
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
      if (!idle_.holds(block) || idle_.key(block).next_use > oracle_->position()) continue;
      const State& state = states_[block];
      idle_.update(block, {oracle_->next_use(state.content)}, state.group);
    }
  }

  const Oracle* oracle_ = nullptr;
  std::size_t shown_ = 0;
  BlockHeaps<Farthest> idle_;
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<BeladyCost>(); }

}  // namespace kvern::eviction::belady_cost
