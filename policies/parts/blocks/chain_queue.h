// Idle blocks in the order in which an engine would evict them: least recently used first, and of
// the blocks that one request used, the end of its prompt before its beginning. An engine gets this
// by freeing a request's blocks last one first. A cache-only replay frees nothing and uses a
// request's blocks first one first; there each block of a prompt goes in front of the one before
// it. So a block stands behind all that continue it, and the head continues into nothing resident.
// O(1) a call.
#pragma once

#include <cstdint>
#include <vector>

#include "policies/parts/blocks/block_lists.h"

namespace kvern {

class ChainQueue {
 public:
  void prepare(std::uint32_t blocks, std::uint32_t queues = 1) {
    lists_.prepare(blocks, queues);
    depths_.assign(blocks, 0);
    chains_.assign(queues, Chain{lists_.end(), 0});
    for (std::uint32_t queue = 0; queue < queues; ++queue) chains_[queue].front = lists_.end(queue);
  }
  // New in the cache, and idle. It must not be linked.
  void inserted(std::uint32_t block, std::uint32_t depth, std::uint32_t queue = 0) {
    depths_[block] = depth;
    place(block, queue);
  }
  // An idle block was used (nothing happens to others: they come back with released()).
  void touched(std::uint32_t block, std::uint32_t queue = 0) {
    if (!lists_.linked(block)) return;
    unlink(block, queue);
    place(block, queue);
  }
  // To the tail: its last user left it.
  void released(std::uint32_t block, std::uint32_t queue = 0) {
    lists_.append(block, queue);
    chains_[queue].front = lists_.end(queue);
  }
  void unlink(std::uint32_t block, std::uint32_t queue = 0) {
    if (chains_[queue].front == block) chains_[queue].front = lists_.next(block);
    lists_.unlink(block);
  }
  bool linked(std::uint32_t block) const { return lists_.linked(block); }
  bool empty(std::uint32_t queue = 0) const { return lists_.empty(queue); }
  std::uint32_t head(std::uint32_t queue = 0) const { return lists_.head(queue); }
  std::uint32_t next(std::uint32_t block) const { return lists_.next(block); }
  std::uint32_t end(std::uint32_t queue = 0) const { return lists_.end(queue); }
  std::uint32_t depth(std::uint32_t block) const { return depths_[block]; }

 private:
  // The present request's blocks stand together at the tail, the latest one in front.
  struct Chain {
    std::uint32_t front;
    std::uint32_t depth;
  };
  void place(std::uint32_t block, std::uint32_t queue) {
    Chain& chain = chains_[queue];
    if (depths_[block] <= chain.depth) chain.front = lists_.end(queue);  // a prompt begins
    lists_.insert_before(chain.front, block);
    chain = {block, depths_[block]};
  }

  BlockLists lists_;
  std::vector<std::uint32_t> depths_;
  std::vector<Chain> chains_;  // by queue
};

}  // namespace kvern
