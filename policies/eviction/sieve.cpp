// SIEVE (Zhang et al., NSDI 2024): a queue in order of insertion and a hand that goes from old to
// new, and back to the oldest from the newest. It evicts the first block not used since the hand
// last passed; what it spares stays where it is, so old popular blocks are met rarely. O(1)
// amortised. A pinned block is spared and leaves the queue when the hand meets it; released, it
// stands where the hand has just passed.
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"

namespace kvern::eviction::sieve {

namespace {

class Sieve final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override {
    queue_.prepare(capacity);
    hand_ = queue_.end();
    states_.assign(capacity, State{});
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override {
    states_[index(block)] = {};
    queue_.append(index(block));
  }
  void touched(BlockId block, SimTime) override { states_[index(block)].used = true; }
  void pinned(BlockId block) override { states_[index(block)].pinned = true; }
  void released(BlockId block, SimTime) override {
    states_[index(block)].pinned = false;
    if (!queue_.linked(index(block))) queue_.insert_before(hand_, index(block));
  }
  void removed(BlockId block) override {
    if (hand_ == index(block)) hand_ = queue_.next(hand_);
    queue_.unlink(index(block));
  }
  BlockId victim(SimTime) override {
    for (;;) {
      if (hand_ == queue_.end()) hand_ = queue_.head();
      State& state = states_[hand_];
      if (!state.used && !state.pinned) return BlockId{hand_};
      state.used = false;
      const std::uint32_t passed = hand_;
      hand_ = queue_.next(hand_);
      if (state.pinned) queue_.unlink(passed);
    }
  }

 private:
  struct State {
    bool used = false;
    bool pinned = false;
  };
  BlockLists queue_;
  std::uint32_t hand_ = 0;  // the next block to judge; end = the oldest
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Sieve>(); }

}  // namespace kvern::eviction::sieve
