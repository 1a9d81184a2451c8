// Least frequently used: the block with the fewest uses since it was inserted goes, of these the
// least recently used. Counts die with the block, so a new one starts at 1. O(1) a call.
#include <memory>

#include "policies/parts/blocks/frequency_lists.h"
#include "policies/parts/blocks/ranked_eviction.h"

namespace kvern::eviction::lfu {

namespace {

struct Lfu final : RankedEviction<Lfu, FrequencyLists> {
  static std::uint64_t start(const BlockInfo&) { return 1; }
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lfu>(); }

}  // namespace kvern::eviction::lfu
