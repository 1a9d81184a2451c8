// LFU with dynamic aging (Arlitt et al., 2000): greedy dual in which every use is worth the same,
// so a count that is no longer earned is overtaken by the clock. O(log n) a call.
#include <memory>

#include "policies/parts/blocks/greedy_dual.h"
#include "policies/parts/blocks/ranked_eviction.h"

namespace kvern::eviction::lfuda {

namespace {

class Lfuda final : public RankedEviction<GreedyDual> {
 public:
  void prepare(std::uint32_t capacity) override { blocks_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo&, SimTime) override {
    blocks_.insert(index(block), 1);
  }
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lfuda>(); }

}  // namespace kvern::eviction::lfuda
