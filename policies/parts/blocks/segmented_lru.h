// LRU in segments (Karedla, Love, Wherry 1994): a block enters the lowest; each use lifts it one
// segment, as the most recent there. What a segment has beyond its room goes down, the least recent
// first, as the most recent of the segment below. A pinned block keeps its segment and counts
// there, but stays out of the lists. O(segments) a call.
#pragma once

#include <cstdint>
#include <vector>

#include "policies/parts/blocks/block_lists.h"
#include "sim/ports/eviction.h"

namespace kvern {

class SegmentedLru {
 public:
  // `rooms`: of the segments above the lowest, which takes any number.
  void prepare(std::uint32_t blocks, std::vector<std::uint32_t> rooms = {}) {
    rooms_ = std::move(rooms);
    rooms_.insert(rooms_.begin(), blocks);
    sizes_.assign(rooms_.size(), 0);
    lists_.prepare(blocks, static_cast<std::uint32_t>(rooms_.size()));
    segments_.assign(blocks, 0);
  }
  void insert(std::uint32_t block, std::uint32_t segment = 0) {
    enter(block, segment);
    lists_.append(block, segment);
  }
  void use(std::uint32_t block) {
    const bool linked = lists_.linked(block);
    const std::uint32_t from = segments_[block];
    const std::uint32_t to = from + 1 < rooms_.size() ? from + 1 : from;
    lists_.unlink(block);
    --sizes_[from];
    enter(block, to);
    if (linked) lists_.append(block, to);
    for (std::uint32_t segment = to; segment > 0; --segment) settle(segment);
  }
  void hide(std::uint32_t block) { lists_.unlink(block); }
  // As the most recent of its segment.
  void show(std::uint32_t block) { lists_.append(block, segments_[block]); }
  void remove(std::uint32_t block) {
    lists_.unlink(block);
    --sizes_[segments_[block]];
  }
  // The least recent of the lowest segment that shows any; kNoBlock when none does.
  std::uint32_t front() const {
    for (std::uint32_t segment = 0; segment < rooms_.size(); ++segment) {
      if (!lists_.empty(segment)) return lists_.head(segment);
    }
    return kNoBlock;
  }

 private:
  void enter(std::uint32_t block, std::uint32_t segment) {
    segments_[block] = static_cast<std::uint8_t>(segment);
    ++sizes_[segment];
  }
  void settle(std::uint32_t segment) {
    while (sizes_[segment] > rooms_[segment] && !lists_.empty(segment)) {
      const std::uint32_t block = lists_.head(segment);
      --sizes_[segment];
      lists_.unlink(block);
      enter(block, segment - 1);
      lists_.append(block, segment - 1);
    }
  }

  BlockLists lists_;  // one a segment
  std::vector<std::uint32_t> rooms_, sizes_;
  std::vector<std::uint8_t> segments_;  // of blocks
};

}  // namespace kvern
