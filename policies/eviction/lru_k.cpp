// LRU-K (O'Neil, O'Neil, Weikum, SIGMOD 1993): the block whose k-th last use is longest ago goes;
// those used less than k times go before all others; ties go to the least recently used. Uses are
// remembered for `ghost_share` x capacity evicted contents, the latest ones. The paper's correlated
// reference period is 0. Time counts uses of the whole cache. O(log n) a call, k times a block.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_heaps.h"
#include "policies/parts/blocks/ghost_list.h"

namespace kvern::eviction::lru_k {

namespace {

class LruK final : public Eviction {
 public:
  explicit LruK(Parameters& p)
      : k_(p.get("k", std::uint32_t{2}, "which last use counts", Range{1, 64})),
        ghost_share_(p.get("ghost_share", Share{1},
                           "evicted contents whose uses are remembered, as a share of capacity")
                         .value) {}

  void prepare(std::uint32_t capacity, const Draws&) override {
    now_ = 0;
    victim_ = kNoBlock;
    shown_.prepare(capacity);
    contents_.assign(capacity, 0);
    uses_.assign(std::size_t{capacity} * k_, 0);
    const auto room = static_cast<std::uint32_t>(ghost_share_ * capacity);
    ghosts_.prepare(room);
    ghost_uses_.assign(std::size_t{ghosts_.nodes()} * k_, 0);
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    contents_[index(block)] = info.content;
    std::uint64_t* const uses = of(index(block));
    const std::uint32_t ghost = ghosts_.find(info.content);
    if (ghost == kNoBlock) {
      std::fill_n(uses, k_, 0);
    } else {
      std::copy_n(&ghost_uses_[std::size_t{ghost} * k_], k_, uses);
      ghosts_.forget(ghost);
    }
    ghosts_.settle();
    count(uses);
    shown_.push(index(block), key(index(block)));
  }
  void touched(BlockId block, SimTime) override {
    count(of(index(block)));
    if (shown_.holds(index(block))) shown_.update(index(block), key(index(block)));
  }
  void pinned(BlockId block) override { shown_.remove(index(block)); }
  void released(BlockId block, SimTime) override { shown_.push(index(block), key(index(block))); }
  void removed(BlockId block) override {
    shown_.remove(index(block));
    if (index(block) == victim_) {
      const std::uint32_t ghost = ghosts_.add(contents_[victim_]);
      if (ghost != kNoBlock) {
        std::copy_n(of(victim_), k_, &ghost_uses_[std::size_t{ghost} * k_]);
      }
    }
    victim_ = kNoBlock;
  }
  BlockId victim(SimTime) override {
    victim_ = shown_.top();
    return BlockId{victim_};
  }

 private:
  struct Key {
    std::uint64_t kth_last = 0;  // 0 = used less often
    std::uint64_t last = 0;
    bool operator<(const Key& other) const {
      return kth_last != other.kth_last ? kth_last < other.kth_last : last < other.last;
    }
  };
  std::uint64_t* of(std::uint32_t block) { return &uses_[std::size_t{block} * k_]; }
  Key key(std::uint32_t block) { return {of(block)[k_ - 1], of(block)[0]}; }
  void count(std::uint64_t* uses) {
    std::copy_backward(uses, uses + k_ - 1, uses + k_);
    uses[0] = ++now_;
  }

  std::uint32_t k_;
  double ghost_share_;
  std::uint64_t now_ = 0;
  BlockHeaps<Key> shown_;
  std::vector<std::uint64_t> contents_;
  std::vector<std::uint64_t> uses_;  // k a block, the last one first
  GhostList ghosts_;
  std::vector<std::uint64_t> ghost_uses_;
  std::uint32_t victim_ = kNoBlock;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<LruK>(p); }

}  // namespace kvern::eviction::lru_k
