// Greedy dual size frequency (Cherkasova 1998): a use is worth cost / size, where cost is the time
// to compute the block again (its tokens, where that is not known) and size its bytes (tokens).
// With blocks alike in both it is lfuda. O(log n) a call.
#include <algorithm>
#include <memory>

#include "policies/parts/blocks/greedy_dual.h"
#include "policies/parts/blocks/ranked_eviction.h"

namespace kvern::eviction::gdsf {

namespace {

class Gdsf final : public RankedEviction<GreedyDual> {
 public:
  void prepare(std::uint32_t capacity) override { blocks_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    const double tokens = std::max(1U, info.tokens);
    const double cost =
        info.recompute_cost_ns > 0 ? static_cast<double>(info.recompute_cost_ns) : tokens;
    const double size = info.bytes > 0 ? info.bytes : tokens;
    blocks_.insert(index(block), cost / size);
  }
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Gdsf>(); }

}  // namespace kvern::eviction::gdsf
