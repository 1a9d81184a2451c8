#include "sim/kv/prefix_index.h"

#include <bit>

namespace kvern {

PrefixIndex::PrefixIndex() : shift_(63), heads_(2, kNoBlock) {}

void PrefixIndex::reach(std::uint32_t blocks) {
  if (blocks <= next_.size()) return;
  next_.resize(blocks, kNoBlock);
  names_.resize(blocks);
  const int shift = 64 - std::bit_width(std::uint64_t{blocks} * 2 + 1);
  if (shift == shift_) return;
  shift_ = shift;
  std::vector<std::uint32_t> old(std::size_t{1} << (64 - shift), kNoBlock);
  old.swap(heads_);
  // Chain by chain in its order, so that of equal names the first stays the first.
  for (std::uint32_t block : old) {
    while (block != kNoBlock) {
      const std::uint32_t after = next_[block];
      insert(block, names_[block]);
      block = after;
    }
  }
}

void PrefixIndex::insert(std::uint32_t block, std::uint32_t name) {
  names_[block] = name;
  next_[block] = kNoBlock;
  // At the end of the chain, so that the first named is the first found.
  std::uint32_t* link = &heads_[home(name)];
  while (*link != kNoBlock) link = &next_[*link];
  *link = block;
}

void PrefixIndex::erase(std::uint32_t block) {
  std::uint32_t* link = &heads_[home(names_[block])];
  while (*link != block) link = &next_[*link];
  *link = next_[block];
}

}  // namespace kvern
