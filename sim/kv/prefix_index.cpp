#include "sim/kv/prefix_index.h"

#include <bit>

namespace kvern {

PrefixIndex::PrefixIndex(std::uint32_t blocks)
    : shift_(64 - std::bit_width(std::uint64_t{blocks} * 2 + 1)),
      heads_(std::size_t{1} << (64 - shift_), kNoBlock),
      next_(blocks, kNoBlock),
      names_(blocks) {}

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
