// Contents that were evicted, in order: of more than `room` the oldest is forgotten. That waits
// until the newcomer has come, for which the latest one went: what is known of the newcomer is not
// lost by making a place for it, and what comes late in a run of evictions finds one more than
// `room` there. Each content has a number (0 .. nodes() - 1) while it is remembered, for what a
// policy knows about it. O(1) a call.
#pragma once

#include <cstdint>

#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/content_index.h"

namespace kvern {

class GhostList {
 public:
  void prepare(std::uint32_t room) {
    room_ = room;
    size_ = 0;
    index_.prepare(nodes());
    lists_.prepare(nodes(), 2);
    for (std::uint32_t node = 0; node < nodes(); ++node) lists_.append(node, kFree);
  }
  std::uint32_t nodes() const { return room_ == 0 ? 0 : room_ + 1; }
  // The number it gets; kNoBlock where there is no room at all. It must not be there.
  std::uint32_t add(std::uint64_t content) {
    if (room_ == 0) return kNoBlock;
    if (lists_.empty(kFree)) forget(lists_.head(kKept));
    const std::uint32_t node = lists_.head(kFree);
    lists_.move_to_tail(node, kKept);
    index_.insert(node, content);
    ++size_;
    return node;
  }
  // Its number, kNoBlock when it is not remembered.
  std::uint32_t find(std::uint64_t content) const { return index_.find(content); }
  void forget(std::uint32_t node) {
    index_.erase(node);
    lists_.move_to_tail(node, kFree);
    --size_;
  }
  // The newcomer has come, and what was known of it has been taken.
  void settle() {
    while (size_ > room_) forget(lists_.head(kKept));
  }
  // The newcomer comes: was it remembered? It no longer is.
  bool take(std::uint64_t content) {
    const std::uint32_t node = index_.find(content);
    if (node != kNoBlock) forget(node);
    settle();
    return node != kNoBlock;
  }

 private:
  static constexpr std::uint32_t kKept = 0, kFree = 1;

  std::uint32_t room_ = 0;
  std::uint32_t size_ = 0;
  ContentIndex index_;
  BlockLists lists_;
};

}  // namespace kvern
