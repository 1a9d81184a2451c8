// Least frequently used: the block with the fewest uses since it was inserted goes, of these the
// least recently used. Counts die with the block, so a new one starts at 1. O(1) a call.
#include <memory>

#include "policies/eviction.h"
#include "policies/frequency_lists.h"

namespace kvern::eviction::lfu {

namespace {

class Lfu final : public Eviction {
 public:
  void prepare(std::uint32_t capacity) override { blocks_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { blocks_.insert(index(block)); }
  void touched(BlockId block, SimTime) override { blocks_.use(index(block)); }
  void pinned(BlockId block) override { blocks_.hide(index(block)); }
  void released(BlockId block, SimTime) override { blocks_.show(index(block)); }
  void removed(BlockId block) override { blocks_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{blocks_.front()}; }

 private:
  FrequencyLists blocks_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lfu>(); }

}  // namespace kvern::eviction::lfu
