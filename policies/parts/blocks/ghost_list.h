// Contents that were evicted, in order: when a new one comes and the room is full, the oldest is
// forgotten. Each has a number (0 .. room - 1) while it is remembered, for what a policy knows
// about it. O(1) a call.
#pragma once

#include <cstdint>

#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/content_index.h"

namespace kvern {

class GhostList {
 public:
  void prepare(std::uint32_t room) {
    index_.prepare(room);
    lists_.prepare(room, 2);
    for (std::uint32_t node = 0; node < room; ++node) lists_.append(node, kFree);
    expected_ = false;
  }
  // The number it gets; kNoBlock where there is no room at all.
  std::uint32_t add(std::uint64_t content) {
    if (lists_.empty(kFree)) {
      if (lists_.empty(kKept)) return kNoBlock;
      forget(lists_.head(kKept));
    }
    const std::uint32_t node = lists_.head(kFree);
    lists_.move_to_tail(node, kKept);
    index_.insert(node, content);
    return node;
  }
  // Its number, kNoBlock when it is not remembered.
  std::uint32_t find(std::uint64_t content) const { return index_.find(content); }
  void forget(std::uint32_t node) {
    index_.erase(node);
    lists_.move_to_tail(node, kFree);
  }
  // Whether it was remembered; now it is forgotten. Eviction::wants() calls expect(), inserted()
  // then take(), which answers the same once more, or looks where nothing was expected.
  bool expect(std::uint64_t content) {
    expected_ = true;
    expected_content_ = content;
    const std::uint32_t node = index_.find(content);
    was_there_ = node != kNoBlock;
    if (was_there_) forget(node);
    return was_there_;
  }
  bool take(std::uint64_t content) {
    if (!expected_ || expected_content_ != content) expect(content);
    expected_ = false;
    return was_there_;
  }

 private:
  static constexpr std::uint32_t kKept = 0, kFree = 1;

  ContentIndex index_;
  BlockLists lists_;
  std::uint64_t expected_content_ = 0;
  bool expected_ = false;
  bool was_there_ = false;
};

}  // namespace kvern
