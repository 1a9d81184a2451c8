// Greedy dual with frequency (Cherkasova 1998): a block's key is
//
//   clock + uses x worth,
//
// set at each use; the lowest key goes, of equal ones the least recently used, and the clock rises
// to the key that went, so what is not used ages. A pinned block keeps its key. O(log n) a call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "policies/parts/blocks/block_heaps.h"

namespace kvern {

class GreedyDual {
 public:
  void prepare(std::uint32_t blocks) {
    clock_ = 0;
    used_ = 0;
    shown_.prepare(blocks);
    blocks_.assign(blocks, Block{});
  }
  void insert(std::uint32_t block, double worth) {
    blocks_[block] = {worth, 0, {}};
    count(block);
    shown_.push(block, blocks_[block].key);
  }
  void use(std::uint32_t block) {
    count(block);
    if (shown_.holds(block)) shown_.update(block, blocks_[block].key);
  }
  void hide(std::uint32_t block) { shown_.remove(block); }
  void show(std::uint32_t block) { shown_.push(block, blocks_[block].key); }
  std::uint32_t front() const { return shown_.top(); }
  // What was evicted sets the clock; what was invalidated does not, unless it would have gone next.
  void remove(std::uint32_t block) {
    if (shown_.top() == block) clock_ = std::max(clock_, blocks_[block].key.value);
    shown_.remove(block);
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
  };
  void count(std::uint32_t block) {
    Block& state = blocks_[block];
    state.key = {clock_ + static_cast<double>(++state.uses) * state.worth, ++used_};
  }

  double clock_ = 0;
  std::uint64_t used_ = 0;
  BlockHeaps<Key> shown_;
  std::vector<Block> blocks_;
};

}  // namespace kvern
