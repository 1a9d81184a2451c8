// Time to live, around any other policy: blocks that nobody used for `after` go first, the longest
// unused one first; while there are none the wrapped policy decides. A place is only taken back
// when it is needed: until then an expired block can still be hit. O(1) a call beside the wrapped
// one.
#include <memory>
#include <vector>

#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/wrapped_eviction.h"
#include "sim/base/units.h"

namespace kvern::eviction::ttl {

namespace {

class Ttl final : public WrappedEviction {
 public:
  Ttl(std::unique_ptr<Eviction> wrapped, Parameters& p)
      : WrappedEviction(std::move(wrapped)),
        after_(p.get("after", Duration{600 * kSecond}, "unused for this long: expired").ns) {}
  void prepare(std::uint32_t capacity, const Draws& draws) override {
    idle_.prepare(capacity);
    used_.assign(capacity, 0);
    wrapped_->prepare(capacity, draws);
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    append(index(block), now);
    wrapped_->inserted(block, info, now);
  }
  void touched(BlockId block, SimTime now) override {
    if (idle_.linked(index(block))) {
      idle_.unlink(index(block));
      append(index(block), now);
    }
    wrapped_->touched(block, now);
  }
  void pinned(BlockId block) override {
    idle_.unlink(index(block));
    wrapped_->pinned(block);
  }
  void released(BlockId block, SimTime now) override {
    append(index(block), now);
    wrapped_->released(block, now);
  }
  void removed(BlockId block) override {
    idle_.unlink(index(block));
    wrapped_->removed(block);
  }
  BlockId victim(SimTime now) override {
    const std::uint32_t oldest = idle_.head();
    return now - used_[oldest] >= after_ ? BlockId{oldest} : wrapped_->victim(now);
  }

 private:
  void append(std::uint32_t block, SimTime now) {
    used_[block] = now;
    idle_.append(block);
  }

  SimTime after_;
  BlockLists idle_;            // by last use
  std::vector<SimTime> used_;  // when
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) {
  return make_wrapper<Ttl>(p, "who decides while no block has expired");
}

}  // namespace kvern::eviction::ttl
