// Which number holds a content? For contents that left the cache but are remembered. The caller
// numbers them (0 .. nodes - 1). Chained hashing over flat arrays: O(1) a call, 20 bytes a number,
// nothing allocated after prepare().
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "sim/ports/eviction.h"

namespace kvern {

class ContentIndex {
 public:
  void prepare(std::uint32_t nodes) {
    const std::uint32_t homes = std::bit_ceil(std::max(nodes, 1U) + 1);  // a shift by 64 is none
    shift_ = 64 - std::countr_zero(homes);
    heads_.assign(homes, kNoBlock);
    entries_.assign(nodes, Entry{});
  }
  // kNoBlock when it is not there.
  std::uint32_t find(std::uint64_t content) const {
    std::uint32_t node = heads_[home(content)];
    while (node != kNoBlock && entries_[node].content != content) node = entries_[node].next;
    return node;
  }
  // The content must not be there, nor the number be in use.
  void insert(std::uint32_t node, std::uint64_t content) {
    std::uint32_t& head = heads_[home(content)];
    entries_[node] = {content, head};
    head = node;
  }
  void erase(std::uint32_t node) {
    std::uint32_t* link = &heads_[home(entries_[node].content)];
    while (*link != node) link = &entries_[*link].next;
    *link = entries_[node].next;
  }
  std::uint64_t content(std::uint32_t node) const { return entries_[node].content; }

 private:
  struct Entry {
    std::uint64_t content = 0;
    std::uint32_t next = kNoBlock;  // of the same home
  };
  std::size_t home(std::uint64_t content) const {
    return static_cast<std::size_t>((content * std::uint64_t{0x9E3779B97F4A7C15}) >> shift_);
  }

  int shift_ = 0;
  std::vector<std::uint32_t> heads_;
  std::vector<Entry> entries_;
};

}  // namespace kvern
