#include "policies/parts/blocks/next_use_heap.h"

#include <algorithm>

namespace kvern {

void NextUseHeap::prepare(std::uint32_t blocks) {
  next_.assign(blocks, kHidden);
  room_ = 3 * std::size_t{blocks} + 64;
  heap_.clear();
  never_.clear();
  heap_.reserve(room_);
  never_.reserve(room_);
}

void NextUseHeap::show(std::uint32_t block, std::uint64_t position) {
  next_[block] = stored(position);
  if (next_[block] == kNever) {
    never_.push_back(block);
  } else {
    heap_.push_back(entry(next_[block], block));
    std::push_heap(heap_.begin(), heap_.end());
  }
}

std::uint32_t NextUseHeap::farthest() {
  while (!never_.empty()) {
    if (next_[never_.back()] == kNever) return never_.back();
    never_.pop_back();
  }
  while (!heap_.empty()) {
    const auto block = static_cast<std::uint32_t>(heap_.front());
    if (entry(next_[block], block) == heap_.front()) return block;
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
  return UINT32_MAX;
}

void NextUseHeap::rebuild() {
  heap_.clear();
  never_.clear();
  for (std::uint32_t block = 0; block < next_.size(); ++block) {
    if (next_[block] == kHidden) continue;
    if (next_[block] == kNever) {
      never_.push_back(block);
    } else {
      heap_.push_back(entry(next_[block], block));
    }
  }
  std::make_heap(heap_.begin(), heap_.end());
}

}  // namespace kvern
