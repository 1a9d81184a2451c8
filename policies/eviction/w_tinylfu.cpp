// W-TinyLFU (Einziger, Friedman, Manes, ACM TOS 2017): new blocks enter a small LRU window. Its
// least recent block then competes with the one that would leave the main part, a segmented LRU:
// whichever a frequency sketch of the recent past knows less goes; the main one stays on a tie.
// O(1) amortised.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/frequency_sketch.h"
#include "policies/parts/blocks/segmented_lru.h"

namespace kvern::eviction::w_tinylfu {

namespace {

class WTinyLfu final : public Eviction {
 public:
  explicit WTinyLfu(Parameters& p)
      : window_share_(
            p.get("window_share", Share{0.01}, "the window as a share of capacity").value),
        protected_share_(p.get("protected_share", Share{0.8},
                               "the protected segment as a share of the main part")
                             .value) {}

  void prepare(std::uint32_t capacity, const Draws&) override {
    window_size_ = 0;
    window_room_ = std::max(1U, static_cast<std::uint32_t>(window_share_ * capacity));
    const std::uint32_t main = capacity - std::min(capacity, window_room_);
    window_.prepare(capacity);
    main_.prepare(capacity, {static_cast<std::uint32_t>(protected_share_ * main)});
    sketch_.prepare(capacity);
    blocks_.assign(capacity, Block{});
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    sketch_.count(info.content);
    blocks_[index(block)] = {info.content, true};
    window_.append(index(block));
    ++window_size_;
    while (window_size_ > window_room_ && !window_.empty()) {
      const std::uint32_t candidate = window_.head();
      leave_window(candidate);
      blocks_[candidate].in_window = false;
      main_.insert(candidate);
    }
  }
  void touched(BlockId block, SimTime) override {
    const Block& state = blocks_[index(block)];
    sketch_.count(state.content);
    if (!state.in_window) {
      main_.use(index(block));
    } else if (window_.linked(index(block))) {
      window_.move_to_tail(index(block));
    }
  }
  void pinned(BlockId block) override {
    blocks_[index(block)].in_window ? window_.unlink(index(block)) : main_.hide(index(block));
  }
  void released(BlockId block, SimTime) override {
    blocks_[index(block)].in_window ? window_.append(index(block)) : main_.show(index(block));
  }
  void removed(BlockId block) override {
    blocks_[index(block)].in_window ? leave_window(index(block)) : main_.remove(index(block));
  }
  BlockId victim(SimTime) override {
    const std::uint32_t main = main_.front();
    if (window_.empty()) return BlockId{main};
    const std::uint32_t candidate = window_.head();
    if (main == kNoBlock) return BlockId{candidate};
    // A window with room takes the newcomer, and nothing moves to the main part.
    const bool replaces =
        window_size_ < window_room_ ||
        sketch_.estimate(blocks_[candidate].content) > sketch_.estimate(blocks_[main].content);
    return BlockId{replaces ? main : candidate};
  }

 private:
  struct Block {
    std::uint64_t content = 0;
    bool in_window = false;
  };
  void leave_window(std::uint32_t block) {
    window_.unlink(block);
    --window_size_;
  }

  double window_share_, protected_share_;
  std::uint32_t window_room_ = 0, window_size_ = 0;  // pinned blocks included
  BlockLists window_;
  SegmentedLru main_;
  FrequencySketch sketch_;
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<WTinyLfu>(p); }

}  // namespace kvern::eviction::w_tinylfu
