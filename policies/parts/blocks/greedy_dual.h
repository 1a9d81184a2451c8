// Greedy dual with frequency (Cherkasova 1998): a block's key is
//
//   clock + uses x worth,
//
// set at each use; the lowest key goes, of equal ones the least recently used, and the clock rises
// to the key that went, so what is not used ages. A pinned block keeps its key. Blocks may stand in
// ranks: those of a lower rank go first, whatever their keys. O(log n) a call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "policies/parts/blocks/block_heaps.h"
#include "sim/ports/eviction.h"

namespace kvern {

// Of a use: what it spares (the time to compute the block again; its tokens, where that is not
// known) over the room it takes (bytes; tokens).
inline double cost_over_size(const BlockInfo& info) {
  const double tokens = std::max(1U, info.tokens);
  const double cost =
      info.recompute_cost_ns > 0 ? static_cast<double>(info.recompute_cost_ns) : tokens;
  return cost / (info.bytes > 0 ? info.bytes : tokens);
}

class GreedyDual {
 public:
  void prepare(std::uint32_t blocks, std::uint32_t ranks = 1) {
    clock_ = 0;
    used_ = 0;
    ranks_ = ranks;
    shown_.prepare(blocks, ranks);
    blocks_.assign(blocks, Block{});
  }
  // Into the lowest rank.
  void insert(std::uint32_t block, double worth) {
    blocks_[block] = {worth, 0, {}, 0};
    count(block);
    show(block);
  }
  void use(std::uint32_t block) {
    count(block);
    if (shown_.holds(block)) shown_.update(block, blocks_[block].key, blocks_[block].rank);
  }
  void hide(std::uint32_t block) { shown_.remove(block, blocks_[block].rank); }
  void show(std::uint32_t block) { shown_.push(block, blocks_[block].key, blocks_[block].rank); }
  void move(std::uint32_t block, std::uint32_t rank) {
    const bool shown = shown_.holds(block);
    if (shown) hide(block);
    blocks_[block].rank = rank;
    if (shown) show(block);
  }
  // Of the lowest rank that shows any.
  std::uint32_t front() const {
    std::uint32_t rank = 0;
    while (rank + 1 < ranks_ && shown_.top(rank) == kNoBlock) ++rank;
    return shown_.top(rank);
  }
  // What was evicted sets the clock; what was invalidated does not, unless it would have gone next.
  void remove(std::uint32_t block) {
    if (front() == block) clock_ = std::max(clock_, blocks_[block].key.value);
    hide(block);
  }

 private:
  struct Key {
    double value = 0;
    std::uint64_t used = 0;
    bool operator<(const Key& other) const {
      return value != other.value ? value < other.value : used < other.used;
    }
  };
  struct Block {
    double worth = 0;
    std::uint64_t uses = 0;
    Key key;
    std::uint32_t rank = 0;
  };
  void count(std::uint32_t block) {
    Block& state = blocks_[block];
    state.key = {clock_ + static_cast<double>(++state.uses) * state.worth, ++used_};
  }

  double clock_ = 0;
  std::uint64_t used_ = 0;
  std::uint32_t ranks_ = 1;
  BlockHeaps<Key> shown_;  // a heap a rank
  std::vector<Block> blocks_;
};

}  // namespace kvern
