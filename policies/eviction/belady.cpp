// Belady's MIN (1966): the block that is asked for last goes. No policy hits more in a cache-only
// replay at equal capacity; with `bypass`, which leaves a block out when it would itself be the
// next to go, none does even if its admission may refuse. In a serving run next uses are those in
// trace order: a reference that may be beaten. O(1) a hit, O(log n) an eviction.
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/next_use_heap.h"

namespace kvern::eviction::belady {

namespace {

class Belady final : public Eviction {
 public:
  explicit Belady(Parameters& p)
      : bypass_(
            p.get("bypass", false, "leave out a block that is asked for later than all others")) {}
  void foresee(const Oracle& oracle) override { oracle_ = &oracle; }
  bool clairvoyant() const override { return true; }
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity);
    states_.assign(capacity, State{});
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    states_[index(block)] = {info.content, true};
    show(index(block));
  }
  void touched(BlockId block, SimTime) override {
    if (states_[index(block)].idle) show(index(block));
  }
  void pinned(BlockId block) override { hide(index(block)); }
  void released(BlockId block, SimTime) override {
    states_[index(block)].idle = true;
    show(index(block));
  }
  void removed(BlockId block) override { hide(index(block)); }
  BlockId victim(SimTime) override {
    std::uint32_t block = idle_.farthest();
    if (idle_.next_use(block) <= oracle_->position()) {
      refresh();
      block = idle_.farthest();
    }
    return BlockId{block};
  }
  bool wants(const BlockInfo& newcomer, SimTime) override {
    if (!bypass_) return true;
    const std::uint32_t farthest = idle_.farthest();
    return farthest == kNoBlock || oracle_->next_use(newcomer.content) < idle_.next_use(farthest);
  }

 private:
  struct State {
    std::uint64_t content = 0;
    bool idle = false;
  };
  void show(std::uint32_t block) {
    if (idle_.full()) refresh();
    idle_.show(block, oracle_->next_use(states_[block].content));
  }
  // In a serving run a use may have passed elsewhere: then the one after it counts.
  void refresh() {
    for (std::uint32_t block = 0; block < states_.size(); ++block) {
      if (!states_[block].idle || idle_.next_use(block) > oracle_->position()) continue;
      idle_.change(block, oracle_->next_use(states_[block].content));
    }
    idle_.rebuild();
  }
  void hide(std::uint32_t block) {
    states_[block].idle = false;
    idle_.hide(block);
  }

  bool bypass_;
  const Oracle* oracle_ = nullptr;
  NextUseHeap idle_;
  std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<Belady>(p); }

}  // namespace kvern::eviction::belady
