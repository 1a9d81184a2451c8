// LFU with dynamic aging (Arlitt et al., 2000): greedy dual in which every use is worth the same,
// so a count that is no longer earned is overtaken by the clock. O(log n) a call.
#include <memory>

#include "policies/eviction.h"
#include "policies/greedy_dual.h"

namespace kvern::eviction::lfuda {

namespace {

class Lfuda final : public Eviction {
 public:
  void prepare(std::uint32_t capacity) override { blocks_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo&, SimTime) override {
    blocks_.insert(index(block), 1);
  }
  void touched(BlockId block, SimTime) override { blocks_.use(index(block)); }
  void pinned(BlockId block) override { blocks_.hide(index(block)); }
  void released(BlockId block, SimTime) override { blocks_.show(index(block)); }
  void removed(BlockId block) override { blocks_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{blocks_.front()}; }

 private:
  GreedyDual blocks_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lfuda>(); }

}  // namespace kvern::eviction::lfuda
