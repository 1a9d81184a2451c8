// Prefix-aware greedy dual size frequency (RAGCache, arXiv 2404.12457, section 4.1): of the leaves
// of the prefix tree the one with the lowest priority goes, where
//
//   priority = clock + uses x cost / size,
//
// cost is the time to compute the block again (its tokens, where that is not known), size its
// bytes (tokens), uses those since it was cached, and the clock the highest priority that has gone:
// so what is not used ages. Where all leaves are in use any idle block may go. O(log n) a call.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_heaps.h"
#include "policies/parts/blocks/prefix_tree.h"

namespace kvern::eviction::pgdsf {

namespace {

struct Key {
  double priority = 0;
  std::uint64_t used = 0;  // ties: the least recently used one
  bool operator<(const Key& other) const {
    return priority != other.priority ? priority < other.priority : used < other.used;
  }
};

enum Heap : std::uint32_t { Leaves, Inner };

class Pgdsf final : public Eviction {
 public:
  void prepare(std::uint32_t capacity) override {
    idle_.prepare(capacity, 2);
    tree_.prepare(capacity);
    states_.assign(capacity, State{});
    clock_ = 0;
    now_ = 0;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    if (tree_.inserted(index(block), info.parent)) move(info.parent, Leaves, Inner);
    const double cost =
        static_cast<double>(info.recompute_cost_ns > 0 ? info.recompute_cost_ns : info.tokens);
    const double size = std::max(1U, info.bytes > 0 ? info.bytes : info.tokens);
    states_[index(block)] = {std::max(1.0, cost) / size, 0, {}};
    use(index(block));
    idle_.push(index(block), states_[index(block)].key, Leaves);
  }
  void touched(BlockId block, SimTime) override {
    use(index(block));
    if (!idle_.holds(index(block))) return;
    idle_.update(index(block), states_[index(block)].key, heap_of(index(block)));
  }
  void pinned(BlockId block) override { idle_.remove(index(block), heap_of(index(block))); }
  void released(BlockId block, SimTime) override {
    idle_.push(index(block), states_[index(block)].key, heap_of(index(block)));
  }
  void removed(BlockId block) override {
    if (idle_.holds(index(block))) {
      clock_ = std::max(clock_, states_[index(block)].key.priority);
      idle_.remove(index(block), heap_of(index(block)));
    }
    const std::uint32_t parent = tree_.removed(index(block));
    if (parent != kNoBlock) move(parent, Inner, Leaves);
  }
  BlockId victim(SimTime) override {
    const std::uint32_t leaf = idle_.top(Leaves);
    return BlockId{leaf != kNoBlock ? leaf : idle_.top(Inner)};
  }

 private:
  struct State {
    double worth = 0;  // cost / size
    std::uint32_t uses = 0;
    Key key;
  };
  Heap heap_of(std::uint32_t block) const { return tree_.leaf(block) ? Leaves : Inner; }
  void use(std::uint32_t block) {
    State& state = states_[block];
    state.key = {clock_ + ++state.uses * state.worth, ++now_};
  }
  void move(std::uint32_t block, Heap from, Heap to) {
    if (!idle_.holds(block)) return;
    idle_.remove(block, from);
    idle_.push(block, states_[block].key, to);
  }

  double clock_ = 0;
  std::uint64_t now_ = 0;
  BlockHeaps<Key> idle_;
  PrefixTree tree_;
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Pgdsf>(); }

}  // namespace kvern::eviction::pgdsf
