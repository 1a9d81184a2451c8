// Doubly linked lists over small dense numbers: block ids, and the ghosts a policy numbers after
// them. A number is in one list at most; every call is O(1), 8 bytes a number, nothing allocated
// after prepare(). The head is where a list is taken from, the tail where it is appended to.
#pragma once

#include <cstdint>
#include <vector>

namespace kvern {

class BlockLists {
 public:
  void prepare(std::uint32_t nodes, std::uint32_t lists = 1) {
    nodes_ = nodes;
    links_.assign(nodes + lists, Link{});
    for (std::uint32_t end = nodes; end < nodes + lists; ++end) links_[end] = {end, end};
  }
  bool linked(std::uint32_t node) const { return links_[node].next != kOut; }
  bool empty(std::uint32_t list = 0) const { return links_[end(list)].next == end(list); }
  // end(list) when there is none: the list's own node, before its head and behind its tail.
  std::uint32_t end(std::uint32_t list = 0) const { return nodes_ + list; }
  std::uint32_t head(std::uint32_t list = 0) const { return links_[end(list)].next; }
  std::uint32_t tail(std::uint32_t list = 0) const { return links_[end(list)].previous; }
  std::uint32_t next(std::uint32_t node) const { return links_[node].next; }
  std::uint32_t previous(std::uint32_t node) const { return links_[node].previous; }

  void append(std::uint32_t node, std::uint32_t list = 0) { insert_before(end(list), node); }
  void insert_before(std::uint32_t position, std::uint32_t node) {
    const std::uint32_t before = links_[position].previous;
    links_[node] = {before, position};
    links_[before].next = node;
    links_[position].previous = node;
  }
  // Nothing happens to a number that is in no list.
  void unlink(std::uint32_t node) {
    const Link link = links_[node];
    if (link.next == kOut) return;
    links_[link.previous].next = link.next;
    links_[link.next].previous = link.previous;
    links_[node] = {};
  }
  // From wherever it is, to the tail.
  void move_to_tail(std::uint32_t node, std::uint32_t list = 0) {
    unlink(node);
    append(node, list);
  }

 private:
  static constexpr std::uint32_t kOut = UINT32_MAX;
  struct Link {
    std::uint32_t previous = kOut, next = kOut;
  };

  std::uint32_t nodes_ = 0;
  std::vector<Link> links_;
};

}  // namespace kvern
