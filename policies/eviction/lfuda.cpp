// LFU with dynamic aging (Arlitt et al., 2000): greedy dual in which every use is worth the same,
// so a count that is no longer earned is overtaken by the clock. O(log n) a call.
#include <memory>

#include "policies/parts/blocks/greedy_dual.h"
#include "policies/parts/blocks/ranked_eviction.h"

namespace kvern::eviction::lfuda {

namespace {

struct Lfuda final : RankedEviction<Lfuda, GreedyDual> {
  static double start(const BlockInfo&) { return 1; }
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lfuda>(); }

}  // namespace kvern::eviction::lfuda
