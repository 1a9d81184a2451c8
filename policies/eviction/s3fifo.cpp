// S3-FIFO (Yang et al., SOSP 2023): three queues, no reordering on a hit. New blocks enter a small
// one; of these only what was used at least `promote_at` times moves to the main one, the others go
// and are remembered as ghosts. A ghost that comes back enters the main queue, where every use (of
// up to 3) spares a block one round. O(1) amortised.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_queues.h"
#include "policies/parts/blocks/ghost_list.h"

namespace kvern::eviction::s3fifo {

namespace {

struct Settings {
  double small_share, ghost_share;
  std::uint32_t promote_at;
  bool fill_main;
};

enum Queue : std::uint32_t { Small, Main };

class S3Fifo final : public Eviction {
 public:
  explicit S3Fifo(const Settings& settings) : settings_(settings) {}

  void prepare(std::uint32_t capacity, const Draws&) override {
    small_room_ = static_cast<std::uint32_t>(settings_.small_share * capacity);
    main_room_ = capacity - small_room_;
    queues_.prepare(capacity, 2);
    ghosts_.prepare(static_cast<std::uint32_t>(settings_.ghost_share * capacity));
    blocks_.assign(capacity, Block{});
    victim_ = kNoBlock;
    evicts_ = false;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    victim_ = kNoBlock;
    blocks_[index(block)] = {info.content, 0};
    const bool ghost = ghosts_.take(info.content);
    const bool fills = settings_.fill_main && !evicts_ && queues_.size(Small) >= small_room_;
    queues_.push(index(block), ghost || fills ? Main : Small);
  }
  void touched(BlockId block, SimTime) override {
    victim_ = kNoBlock;
    std::uint32_t& uses = blocks_[index(block)].uses;
    uses = std::min(uses + 1, most_uses());
  }
  void pinned(BlockId block) override {
    victim_ = kNoBlock;
    queues_.pin(index(block));
  }
  void released(BlockId block, SimTime) override {
    victim_ = kNoBlock;
    queues_.release(index(block));
  }
  void removed(BlockId block) override {
    if (index(block) == victim_ && queues_.queue_of(victim_) == Small) {
      ghosts_.add(blocks_[victim_].content);
    }
    victim_ = kNoBlock;
    queues_.remove(index(block));
  }
  // What it promotes on the way may tip the balance to the main queue: the answer is kept, so that
  // asking again does not look anew.
  BlockId victim(SimTime) override {
    if (victim_ == kNoBlock) victim_ = found();
    return BlockId{victim_};
  }

 private:
  std::uint32_t found() {
    evicts_ = true;
    Queue queue = queues_.size(Main) > main_room_ ? Main : Small;
    for (;;) {
      const std::uint32_t block = queues_.front(queue);
      if (block == kNoBlock) {
        queue = queue == Main ? Small : Main;
        continue;
      }
      std::uint32_t& uses = blocks_[block].uses;
      if (queue == Small ? uses < settings_.promote_at : uses == 0) {
        return block;
      }
      uses = queue == Small ? 0 : std::min(uses, kRounds) - 1;
      queues_.move(block, Main);
    }
  }
  static constexpr std::uint32_t kRounds = 3;
  struct Block {
    std::uint64_t content = 0;
    std::uint32_t uses = 0;
  };
  std::uint32_t most_uses() const { return std::max(kRounds, settings_.promote_at); }

  Settings settings_;
  std::uint32_t small_room_ = 0, main_room_ = 0;
  BlockQueues queues_;
  GhostList ghosts_;
  std::vector<Block> blocks_;
  std::uint32_t victim_ = kNoBlock;  // nothing has changed since
  bool evicts_ = false;              // since the first eviction
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) {
  Settings settings{};
  settings.small_share =
      p.get("small_share", Share{0.1}, "the small queue as a share of capacity").value;
  settings.ghost_share = p.get("ghost_share", Share{0.9}, "ghosts as a share of capacity").value;
  settings.promote_at = p.get("promote_at", std::uint32_t{2},
                              "uses in the small queue that lead to the main one", Range{1, 1e6});
  settings.fill_main = p.get(
      "fill_main", false,
      "until the first eviction, what exceeds the small queue enters the main one (libCacheSim)");
  return std::make_unique<S3Fifo>(settings);
}

}  // namespace kvern::eviction::s3fifo
