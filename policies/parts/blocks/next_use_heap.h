// Blocks by when they are asked for next, the farthest first. A binary heap of entries in which a
// changed key is simply pushed again: entries that no longer hold are dropped when they reach the
// top, and all at once when the room is used up, so a change costs O(1) amortised (a key that has
// passed lies below all that are still to come) and only taking the farthest O(log n). Blocks that
// are never asked for again lie on a stack of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ports/oracle.h"

namespace kvern {

class NextUseHeap {
 public:
  void prepare(std::uint32_t blocks);
  // A candidate from now on, asked for at `position` (Oracle::next_use); again: its key changes.
  // Not while full().
  void show(std::uint32_t block, std::uint64_t position);
  // Room is used up: rebuild() drops what no longer holds. Before it, change() corrects keys of
  // candidates that have passed without a use (another replica served the request).
  bool full() const { return heap_.size() == room_ || never_.size() == room_; }
  void change(std::uint32_t block, std::uint64_t position) { next_[block] = stored(position); }
  void rebuild();
  void hide(std::uint32_t block) { next_[block] = kHidden; }
  // The candidate asked for last; UINT32_MAX when there is none.
  std::uint32_t farthest();
  std::uint64_t next_use(std::uint32_t block) const {
    return next_[block] == kNever ? kNoNextUse : next_[block];
  }

 private:
  static constexpr std::uint32_t kNever = UINT32_MAX;
  static constexpr std::uint32_t kHidden = 0;  // no use is next at position 0
  static std::uint64_t entry(std::uint32_t next, std::uint32_t block) {
    return std::uint64_t{next} << 32 | block;
  }
  static std::uint32_t stored(std::uint64_t position) {
    return position == kNoNextUse ? kNever : static_cast<std::uint32_t>(position);
  }

  std::vector<std::uint32_t> next_;  // by block
  std::vector<std::uint64_t> heap_;
  std::vector<std::uint32_t> never_;
  std::size_t room_ = 0;
};

}  // namespace kvern
