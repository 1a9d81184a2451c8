// Clock (Corbato 1968): the hand goes round in order of insertion; a block that was used since the
// hand last passed is spared once a use, up to `uses`; the first other one goes. Written as a
// queue: what the hand spares goes to the tail. O(1) amortised.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_queues.h"

namespace kvern::eviction::clock {

namespace {

class Clock final : public Eviction {
 public:
  explicit Clock(std::uint8_t most_uses) : most_uses_(most_uses) {}

  void prepare(std::uint32_t capacity, const Draws&) override {
    blocks_.prepare(capacity);
    uses_.assign(capacity, 0);
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override {
    uses_[index(block)] = 0;
    blocks_.push(index(block));
  }
  void touched(BlockId block, SimTime) override {
    std::uint8_t& uses = uses_[index(block)];
    uses = std::min<std::uint8_t>(most_uses_, static_cast<std::uint8_t>(uses + 1));
  }
  void pinned(BlockId block) override { blocks_.pin(index(block)); }
  void released(BlockId block, SimTime) override { blocks_.release(index(block)); }
  void removed(BlockId block) override { blocks_.remove(index(block)); }
  BlockId victim(SimTime) override {
    std::uint32_t block = blocks_.front();
    for (; uses_[block] > 0; block = blocks_.front()) {
      --uses_[block];
      blocks_.move(block);
    }
    return BlockId{block};
  }

 private:
  std::uint8_t most_uses_;
  BlockQueues blocks_;
  std::vector<std::uint8_t> uses_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) {
  const auto uses =
      p.get("uses", std::uint32_t{1}, "rounds a block can be spared for its uses", Range{1, 127});
  return std::make_unique<Clock>(static_cast<std::uint8_t>(uses));
}

}  // namespace kvern::eviction::clock
