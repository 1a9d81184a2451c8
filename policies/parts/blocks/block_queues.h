// Queues in order of arrival (FIFO) over block ids, in which a pinned block keeps its place: it
// stays linked until it comes to the head, is then parked, and goes first when it is released. So
// pinning costs O(1) and a search for a candidate O(1) amortised, however many blocks are pinned.
// Of several that were parked the first released goes first.
#pragma once

#include <cstdint>
#include <vector>

#include "policies/parts/blocks/block_lists.h"
#include "sim/ports/eviction.h"

namespace kvern {

class BlockQueues {
 public:
  void prepare(std::uint32_t blocks, std::uint32_t queues = 1) {
    lists_.prepare(blocks, 2 * queues);
    states_.assign(blocks, State{});
    sizes_.assign(queues, 0);
  }
  void push(std::uint32_t block, std::uint32_t queue = 0) {
    states_[block] = {static_cast<std::uint8_t>(queue), states_[block].pinned, false};
    lists_.append(block, arrivals(queue));
    ++sizes_[queue];
  }
  void remove(std::uint32_t block) {
    --sizes_[states_[block].queue];
    lists_.unlink(block);
    states_[block] = {};
  }
  // From wherever it is, to the tail of a queue; a pinned block stays pinned.
  void move(std::uint32_t block, std::uint32_t queue = 0) {
    --sizes_[states_[block].queue];
    lists_.unlink(block);
    push(block, queue);
  }
  void pin(std::uint32_t block) {
    states_[block].pinned = true;
    if (states_[block].parked) lists_.unlink(block);
  }
  void release(std::uint32_t block) {
    states_[block].pinned = false;
    if (states_[block].parked) lists_.append(block, overdue(states_[block].queue));
  }
  // The unpinned block that goes first, kNoBlock when there is none.
  std::uint32_t front(std::uint32_t queue = 0) {
    if (!lists_.empty(overdue(queue))) return lists_.head(overdue(queue));
    while (!lists_.empty(arrivals(queue))) {
      const std::uint32_t block = lists_.head(arrivals(queue));
      if (!states_[block].pinned) return block;
      lists_.unlink(block);
      states_[block].parked = true;
    }
    return kNoBlock;
  }
  std::uint32_t queue_of(std::uint32_t block) const { return states_[block].queue; }
  // Pinned ones included.
  std::uint32_t size(std::uint32_t queue = 0) const { return sizes_[queue]; }

 private:
  struct State {
    std::uint8_t queue = 0;
    bool pinned = false;
    bool parked = false;  // its turn came while it was pinned
  };
  static std::uint32_t arrivals(std::uint32_t queue) { return 2 * queue; }
  static std::uint32_t overdue(std::uint32_t queue) { return 2 * queue + 1; }

  BlockLists lists_;
  std::vector<State> states_;
  std::vector<std::uint32_t> sizes_;
};

}  // namespace kvern
