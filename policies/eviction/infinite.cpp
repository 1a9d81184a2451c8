// A cache without end: nothing is ever evicted. A cache-only replay gives it room for every block
// of the trace, whatever capacity is asked for, so its hits are what no cache exceeds. A serving
// run has a pool of a size and refuses it.
#include <memory>

#include "policies/eviction.h"

namespace kvern::eviction::infinite {

namespace {

class Infinite final : public Eviction {
 public:
  void prepare(std::uint32_t, const Draws&) override {}
  void inserted(BlockId, const BlockInfo&, SimTime) override {}
  void touched(BlockId, SimTime) override {}
  void pinned(BlockId) override {}
  void released(BlockId, SimTime) override {}
  void removed(BlockId) override {}
  BlockId victim(SimTime) override { return BlockId{kNoBlock}; }
  bool unbounded() const override { return true; }
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Infinite>(); }

}  // namespace kvern::eviction::infinite
