// Keeps the beginnings that many requests share, around any other policy: a block within the first
// `tokens` tokens of its prompt that was asked for `uses` times since it was cached is held back
// from the wrapped policy, at most `share` of the capacity at once. It is given back when nobody
// asked for it for `idle`, or when nothing else can go: the longest unused one first. O(1)
// amortised a call beside the wrapped one.
#include <memory>
#include <vector>

#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/wrapped_eviction.h"
#include "sim/base/units.h"

namespace kvern::eviction::pin_system_prompts {

namespace {

class PinSystemPrompts final : public WrappedEviction {
 public:
  PinSystemPrompts(std::unique_ptr<Eviction> wrapped, Parameters& p)
      : WrappedEviction(std::move(wrapped)),
        tokens_(p.get("tokens", 4096U, "of a prompt's beginning")),
        uses_(p.get("uses", 8U, "that show a block to be shared", {1, 1e9})),
        share_(p.get("share", Share{0.25}, "of the capacity, at most held back").value),
        patience_(p.get("idle", Duration{600 * kSecond}, "unused for this long: given back").ns) {}
  void prepare(std::uint32_t capacity, const Draws& draws) override {
    most_ = static_cast<std::uint32_t>(share_ * capacity);
    kept_.prepare(capacity);
    states_.assign(capacity, State{});
    held_ = offered_ = block_size_ = 0;
    wrapped_->prepare(capacity, draws);
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    // The last block of a prompt may be partial: the fullest one seen tells the block size.
    block_size_ = std::max(block_size_, info.tokens);
    const bool early = std::uint64_t{info.depth} * block_size_ < tokens_;
    states_[index(block)] = {1, now, early, false, true};
    ++offered_;
    wrapped_->inserted(block, info, now);
  }
  void touched(BlockId block, SimTime now) override {
    State& state = states_[index(block)];
    ++state.uses;
    state.used = now;
    wrapped_->touched(block, now);
    if (state.held) {
      if (state.idle) kept_.move_to_tail(index(block));
    } else if (state.early && state.uses >= uses_ && held_ < most_) {
      hold(block);
    }
  }
  void pinned(BlockId block) override {
    State& state = states_[index(block)];
    state.idle = false;
    if (state.held) {
      kept_.unlink(index(block));
    } else {
      --offered_;
      wrapped_->pinned(block);
    }
  }
  void released(BlockId block, SimTime now) override {
    State& state = states_[index(block)];
    state.idle = true;
    if (state.held) {
      state.used = now;
      kept_.append(index(block));
    } else {
      ++offered_;
      wrapped_->released(block, now);
    }
  }
  void removed(BlockId block) override {
    State& state = states_[index(block)];
    if (state.held) {
      --held_;
      kept_.unlink(index(block));
    } else if (state.idle) {
      --offered_;
    }
    state = {};
    wrapped_->removed(block);
  }
  BlockId victim(SimTime now) override {
    while (!kept_.empty() && (offered_ == 0 || now - states_[kept_.head()].used >= patience_)) {
      give_back(kept_.head(), now);
    }
    return wrapped_->victim(now);
  }

 private:
  struct State {
    std::uint32_t uses = 0;
    SimTime used = 0;
    bool early = false;
    bool held = false;  // pinned, as the wrapped policy sees it
    bool idle = false;  // no request uses it
  };
  void hold(BlockId block) {
    State& state = states_[index(block)];
    state.held = true;
    ++held_;
    if (!state.idle) return;
    --offered_;
    wrapped_->pinned(block);
    kept_.append(index(block));
  }
  void give_back(std::uint32_t block, SimTime now) {
    kept_.unlink(block);
    states_[block].held = false;
    states_[block].uses = 1;
    --held_;
    ++offered_;
    wrapped_->released(BlockId{block}, now);
  }

  std::uint32_t tokens_;
  std::uint32_t uses_;
  double share_;
  SimTime patience_;
  std::uint32_t block_size_ = 0;
  std::uint32_t most_ = 0;
  std::uint32_t held_ = 0;
  std::uint32_t offered_ = 0;  // candidates of the wrapped policy
  BlockLists kept_;            // held and idle, by last use
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) {
  return make_wrapper<PinSystemPrompts>(p, "who decides over all other blocks");
}

}  // namespace kvern::eviction::pin_system_prompts
