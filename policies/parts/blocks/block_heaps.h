// Pairing heaps over block ids (Fredman, Sedgewick, Sleator, Tarjan 1986): several heaps share one
// array of nodes, a block is in one of them at most, the smallest key is on top. push O(1), remove
// O(log n) amortised; nothing is allocated after prepare(). `Key` has operator<.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace kvern {

template <class Key>
class BlockHeaps {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void prepare(std::uint32_t blocks, std::uint32_t heaps = 1) {
    nodes_.assign(blocks, Node{});
    roots_.assign(heaps, kNone);
  }
  bool holds(std::uint32_t block) const { return nodes_[block].held; }
  const Key& key(std::uint32_t block) const { return nodes_[block].key; }
  // kNone when empty.
  std::uint32_t top(std::uint32_t heap = 0) const { return roots_[heap]; }

  // It must not be in a heap.
  void push(std::uint32_t block, Key key, std::uint32_t heap = 0) {
    nodes_[block] = {std::move(key), kNone, kNone, kNone, true};
    roots_[heap] = meld(roots_[heap], block);
  }
  // From the heap it is in; nothing happens to a block that is in none.
  void remove(std::uint32_t block, std::uint32_t heap = 0) {
    if (!nodes_[block].held) return;
    const std::uint32_t below = merge_siblings(nodes_[block].child);
    if (block == roots_[heap]) {
      roots_[heap] = below;
    } else {
      cut(block);
      roots_[heap] = meld(roots_[heap], below);
    }
    nodes_[block].held = false;
  }
  void update(std::uint32_t block, Key key, std::uint32_t heap = 0) {
    remove(block, heap);
    push(block, std::move(key), heap);
  }

 private:
  struct Node {
    Key key{};
    std::uint32_t child = kNone;
    std::uint32_t next = kNone;      // sibling
    std::uint32_t previous = kNone;  // sibling; of a first child its parent
    bool held = false;
  };

  std::uint32_t meld(std::uint32_t a, std::uint32_t b) {
    if (a == kNone) return b;
    if (b == kNone) return a;
    if (nodes_[b].key < nodes_[a].key) std::swap(a, b);
    Node& parent = nodes_[a];
    nodes_[b].next = parent.child;
    nodes_[b].previous = a;
    if (parent.child != kNone) nodes_[parent.child].previous = b;
    parent.child = b;
    parent.next = parent.previous = kNone;
    return a;
  }
  void cut(std::uint32_t block) {
    const Node& node = nodes_[block];
    Node& before = nodes_[node.previous];
    (before.child == block ? before.child : before.next) = node.next;
    if (node.next != kNone) nodes_[node.next].previous = node.previous;
  }
  // Pairs from the left, then all from the right: what keeps the bound.
  std::uint32_t merge_siblings(std::uint32_t first) {
    std::uint32_t pairs = kNone;  // linked by `next`, the rightmost first
    while (first != kNone) {
      const std::uint32_t second = nodes_[first].next;
      const std::uint32_t rest = second == kNone ? kNone : nodes_[second].next;
      const std::uint32_t pair = meld(first, second);
      nodes_[pair].next = pairs;
      pairs = pair;
      first = rest;
    }
    std::uint32_t root = kNone;
    while (pairs != kNone) {
      const std::uint32_t rest = nodes_[pairs].next;
      root = meld(root, pairs);
      pairs = rest;
    }
    if (root != kNone) nodes_[root].next = nodes_[root].previous = kNone;
    return root;
  }

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_;
};

}  // namespace kvern
