// First in, first out: the block that was inserted longest ago goes, however often it was used.
// O(1) a call.
#include <memory>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_queues.h"

namespace kvern::eviction::fifo {

namespace {

class Fifo final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override { blocks_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { blocks_.push(index(block)); }
  void touched(BlockId, SimTime) override {}
  void pinned(BlockId block) override { blocks_.pin(index(block)); }
  void released(BlockId block, SimTime) override { blocks_.release(index(block)); }
  void removed(BlockId block) override { blocks_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{blocks_.front()}; }

 private:
  BlockQueues blocks_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Fifo>(); }

}  // namespace kvern::eviction::fifo
