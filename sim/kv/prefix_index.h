// Which resident block holds a prefix? Names are ids of the trace (equal id = equal prefix). One
// name may live in several blocks; the one named first is found. Chained hashing over flat arrays
// that grow with the blocks in use.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ports/eviction.h"

namespace kvern {

class PrefixIndex {
 public:
  PrefixIndex();

  // Blocks up to `blocks` (excluded) may be inserted from now on.
  void reach(std::uint32_t blocks);
  // The first-named resident block of that name, or kNoBlock.
  std::uint32_t find(std::uint32_t name) const {
    std::uint32_t block = heads_[home(name)];
    while (block != kNoBlock && names_[block] != name) block = next_[block];
    return block;
  }
  void insert(std::uint32_t block, std::uint32_t name);
  void erase(std::uint32_t block);

 private:
  std::size_t home(std::uint32_t name) const {
    return static_cast<std::size_t>((name * std::uint64_t{0x9E3779B97F4A7C15}) >> shift_);
  }

  int shift_;
  std::vector<std::uint32_t> heads_;
  std::vector<std::uint32_t> next_, names_;  // by block
};

}  // namespace kvern
