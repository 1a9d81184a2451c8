// Greedy dual size frequency (Cherkasova 1998): a use is worth cost / size, where cost is the time
// to compute the block again (its tokens, where that is not known) and size its bytes (tokens).
// With blocks alike in both it is lfuda. O(log n) a call.
#include <memory>

#include "policies/parts/blocks/greedy_dual.h"
#include "policies/parts/blocks/ranked_eviction.h"

namespace kvern::eviction::gdsf {

namespace {

struct Gdsf final : RankedEviction<Gdsf, GreedyDual> {
  static double start(const BlockInfo& info) { return cost_over_size(info); }
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Gdsf>(); }

}  // namespace kvern::eviction::gdsf
