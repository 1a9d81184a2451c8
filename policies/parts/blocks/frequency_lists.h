// Blocks by how often they were used, each count's in LRU order: least frequently used in O(1)
// (Shah, Mitra, Matani 2010). Counts live as long as the block; a pinned block leaves the lists and
// keeps its count. O(1) a call; front() passes over counts that only pinned blocks have.
#pragma once

#include <cstdint>
#include <vector>

#include "policies/parts/blocks/block_lists.h"
#include "sim/ports/eviction.h"

namespace kvern {

class FrequencyLists {
 public:
  void prepare(std::uint32_t blocks) {
    members_.prepare(blocks, blocks + 1);
    order_.prepare(blocks + 1);
    counts_.assign(blocks + 1, Count{});
    of_.assign(blocks, kNoBlock);
    free_.resize(blocks + 1);
    for (std::uint32_t i = 0; i <= blocks; ++i) free_[i] = i;
  }
  // With a count of `uses`; O(1) for 1, else as far as it is from the lowest.
  void insert(std::uint32_t block, std::uint64_t uses = 1) {
    std::uint32_t count = order_.head();
    while (count != order_.end() && counts_[count].uses < uses) count = order_.next(count);
    join(block, at(uses, count));
  }
  // One use more. A linked block becomes the most recent of its new count.
  void use(std::uint32_t block) {
    const std::uint32_t count = of_[block];
    const bool linked = members_.linked(block);
    members_.unlink(block);
    const std::uint32_t next = order_.next(count);
    const std::uint64_t uses = counts_[count].uses + 1;
    if (counts_[count].blocks == 1 && (next == order_.end() || counts_[next].uses > uses)) {
      counts_[count].uses = uses;  // it was alone: its count moves with it
      if (linked) members_.append(block, count);
      return;
    }
    const std::uint32_t higher = at(uses, next);
    leave(count);
    of_[block] = higher;
    ++counts_[higher].blocks;
    if (linked) members_.append(block, higher);
  }
  void hide(std::uint32_t block) { members_.unlink(block); }
  // As the most recent of its count.
  void show(std::uint32_t block) { members_.append(block, of_[block]); }
  void remove(std::uint32_t block) {
    members_.unlink(block);
    leave(of_[block]);
    of_[block] = kNoBlock;
  }
  // The shown block with the lowest count, the least recent of these.
  std::uint32_t front() const {
    std::uint32_t count = order_.head();
    while (members_.empty(count)) count = order_.next(count);
    return members_.head(count);
  }
  std::uint64_t uses(std::uint32_t block) const { return counts_[of_[block]].uses; }

 private:
  struct Count {
    std::uint64_t uses = 0;
    std::uint32_t blocks = 0;  // hidden ones included
  };
  // The count `uses`, just before `position` in ascending order, or that itself.
  std::uint32_t at(std::uint64_t uses, std::uint32_t position) {
    if (position != order_.end() && counts_[position].uses == uses) return position;
    const std::uint32_t count = free_.back();
    free_.pop_back();
    counts_[count] = {uses, 0};
    order_.insert_before(position, count);
    return count;
  }
  void join(std::uint32_t block, std::uint32_t count) {
    of_[block] = count;
    ++counts_[count].blocks;
    members_.append(block, count);
  }
  void leave(std::uint32_t count) {
    if (--counts_[count].blocks > 0) return;
    order_.unlink(count);
    free_.push_back(count);
  }

  BlockLists members_;  // a list a count
  BlockLists order_;    // counts in use, ascending
  std::vector<Count> counts_;
  std::vector<std::uint32_t> of_;  // count of a block
  std::vector<std::uint32_t> free_;
};

}  // namespace kvern
