// Least recently used, as vLLM's free queue: a block that nobody uses any more goes to the tail,
// the head is evicted. A request frees its last block first, so the tail of a chain goes before its
// head. O(1) a call.
#include <memory>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"

namespace kvern::eviction::lru {

namespace {

class Lru final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override { idle_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { idle_.append(index(block)); }
  void touched(BlockId block, SimTime) override {
    // A pinned block goes to the tail when it is released.
    if (idle_.linked(index(block))) idle_.move_to_tail(index(block));
  }
  void pinned(BlockId block) override { idle_.unlink(index(block)); }
  void released(BlockId block, SimTime) override { idle_.append(index(block)); }
  void removed(BlockId block) override { idle_.unlink(index(block)); }
  BlockId victim(SimTime) override { return BlockId{idle_.head()}; }
  bool queues_unnamed() const override { return true; }

 private:
  BlockLists idle_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lru>(); }

}  // namespace kvern::eviction::lru
