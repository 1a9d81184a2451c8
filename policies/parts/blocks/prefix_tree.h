// Which resident blocks are continued by others? Blocks form a tree: a block's parent holds the
// prefix before it. Evicting a block with children leaves them unreachable. O(1) a call.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ports/eviction.h"

namespace kvern {

class PrefixTree {
 public:
  void prepare(std::uint32_t blocks) { nodes_.assign(blocks, Node{}); }
  bool leaf(std::uint32_t block) const { return nodes_[block].children == 0; }
  // `parent` is resident or kNoBlock. True: the parent was a leaf.
  bool inserted(std::uint32_t block, std::uint32_t parent) {
    Node& node = nodes_[block];
    node.parent = parent;
    if (parent == kNoBlock) return false;
    node.parent_stamp = nodes_[parent].stamp;
    return nodes_[parent].children++ == 0;
  }
  // The parent that becomes a leaf by this, or kNoBlock. Its children stay, without a parent.
  std::uint32_t removed(std::uint32_t block) {
    Node& node = nodes_[block];
    const std::uint32_t parent = node.parent;
    const std::uint32_t stamp = node.parent_stamp;
    node = {kNoBlock, 0, 0, node.stamp + 1};
    if (parent == kNoBlock || nodes_[parent].stamp != stamp) return kNoBlock;
    return --nodes_[parent].children == 0 ? parent : kNoBlock;
  }

 private:
  struct Node {
    std::uint32_t parent = kNoBlock;
    std::uint32_t parent_stamp = 0;  // of the parent's content when this came
    std::uint32_t children = 0;
    std::uint32_t stamp = 0;  // changes when the content goes
  };
  std::vector<Node> nodes_;
};

}  // namespace kvern
