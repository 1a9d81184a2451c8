// The blocks that may go, in an array without holes: for policies that sample. O(1) a call.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ports/eviction.h"

namespace kvern {

class CandidateSet {
 public:
  void prepare(std::uint32_t blocks) {
    blocks_.clear();
    blocks_.reserve(blocks);
    places_.assign(blocks, kNoBlock);
  }
  void add(std::uint32_t block) {
    places_[block] = size();
    blocks_.push_back(block);
  }
  // The last one takes its place; nothing happens to a block that is not there.
  void remove(std::uint32_t block) {
    const std::uint32_t place = places_[block];
    if (place == kNoBlock) return;
    blocks_[place] = blocks_.back();
    places_[blocks_[place]] = place;
    blocks_.pop_back();
    places_[block] = kNoBlock;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(blocks_.size()); }
  // By 64 random bits, each alike.
  std::uint32_t drawn(std::uint64_t bits) const {
    return blocks_[static_cast<std::size_t>(((bits >> 32) * size()) >> 32)];
  }

 private:
  std::vector<std::uint32_t> blocks_;
  std::vector<std::uint32_t> places_;
};

}  // namespace kvern
