// 2Q, full version (Johnson, Shasha, VLDB 1994): new blocks enter a queue (A1in) in which uses do
// not count; what leaves it is remembered (A1out), and what comes back from there enters the LRU
// list (Am) of blocks with two uses that are far apart. O(1) a call.
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/block_queues.h"
#include "policies/parts/blocks/ghost_list.h"

namespace kvern::eviction::two_q {

namespace {

class TwoQ final : public Eviction {
 public:
  TwoQ(double in_share, double out_share) : in_share_(in_share), out_share_(out_share) {}

  void prepare(std::uint32_t capacity, const Draws&) override {
    in_room_ = static_cast<std::uint32_t>(in_share_ * capacity);
    victim_ = kNoBlock;
    in_.prepare(capacity);
    out_.prepare(static_cast<std::uint32_t>(out_share_ * capacity));
    main_.prepare(capacity);
    blocks_.assign(capacity, Block{});
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    const bool main = out_.take(info.content);
    blocks_[index(block)] = {info.content, main};
    main ? main_.append(index(block)) : in_.push(index(block));
  }
  void touched(BlockId block, SimTime) override {
    if (main_.linked(index(block))) main_.move_to_tail(index(block));
  }
  void pinned(BlockId block) override {
    blocks_[index(block)].main ? main_.unlink(index(block)) : in_.pin(index(block));
  }
  void released(BlockId block, SimTime) override {
    blocks_[index(block)].main ? main_.append(index(block)) : in_.release(index(block));
  }
  void removed(BlockId block) override {
    const Block& state = blocks_[index(block)];
    if (!state.main && index(block) == victim_) out_.add(state.content);
    victim_ = kNoBlock;
    state.main ? main_.unlink(index(block)) : in_.remove(index(block));
  }
  BlockId victim(SimTime) override {
    const std::uint32_t oldest = in_.front();
    const bool from_in = oldest != kNoBlock && (in_.size() > in_room_ || main_.empty());
    victim_ = from_in ? oldest : main_.head();
    return BlockId{victim_};
  }

 private:
  struct Block {
    std::uint64_t content = 0;
    bool main = false;
  };

  double in_share_, out_share_;
  std::uint32_t in_room_ = 0;
  BlockQueues in_;
  GhostList out_;
  BlockLists main_;
  std::vector<Block> blocks_;
  std::uint32_t victim_ = kNoBlock;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) {
  const Share in = p.get("in_share", Share{0.25}, "A1in, the first queue, as a share of capacity");
  const Share out = p.get("out_share", Share{0.5}, "A1out, the memory, as a share of capacity");
  return std::make_unique<TwoQ>(in.value, out.value);
}

}  // namespace kvern::eviction::two_q
