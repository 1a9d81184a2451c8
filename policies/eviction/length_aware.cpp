// Mooncake's LengthAwareCache (arXiv 2407.00079, section 4.2): like LFU, but of the blocks used
// equally often the one that stands latest in its prompt goes first, whatever its age; then the
// least recently used. Uses are counted while the block is cached. O(log n) a call.
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_heaps.h"

namespace kvern::eviction::length_aware {

namespace {

struct Key {
  std::uint32_t uses = 0;
  std::uint32_t depth = 0;
  std::uint64_t used = 0;  // when, as a number that only grows
  bool operator<(const Key& other) const {
    if (uses != other.uses) return uses < other.uses;
    if (depth != other.depth) return depth > other.depth;
    return used < other.used;
  }
};

class LengthAware final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity);
    keys_.assign(capacity, Key{});
    clock_ = 0;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    keys_[index(block)] = {1, info.depth, ++clock_};
    idle_.push(index(block), keys_[index(block)]);
  }
  void touched(BlockId block, SimTime) override {
    Key& key = keys_[index(block)];
    ++key.uses;
    key.used = ++clock_;
    if (idle_.holds(index(block))) idle_.update(index(block), key);
  }
  void pinned(BlockId block) override { idle_.remove(index(block)); }
  void released(BlockId block, SimTime) override { idle_.push(index(block), keys_[index(block)]); }
  void removed(BlockId block) override { idle_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{idle_.top()}; }

 private:
  BlockHeaps<Key> idle_;
  std::vector<Key> keys_;
  std::uint64_t clock_ = 0;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<LengthAware>(); }

}  // namespace kvern::eviction::length_aware
