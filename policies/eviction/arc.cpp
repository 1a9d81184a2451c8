// Adaptive replacement cache (Megiddo, Modha, FAST 2003, figure 4): LRU lists of blocks used once
// (T1) and more often (T2), and of the ghosts of each (B1, B2). A ghost that comes back moves the
// target size of T1: up from B1, down from B2. O(1) a call.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "policies/block_lists.h"
#include "policies/content_index.h"
#include "policies/eviction.h"

namespace kvern::eviction::arc {

namespace {

enum List : std::uint8_t { kT1, kT2, kB1, kB2, kFree, kNowhere };

class Arc final : public Eviction {
 public:
  void prepare(std::uint32_t capacity) override {
    capacity_ = capacity;
    target_ = 0;
    victim_ = kNoBlock;
    expected_ = false;
    lists_.prepare(2 * capacity, kFree + 1);  // blocks, then ghosts
    ghosts_.prepare(capacity);
    blocks_.assign(capacity, Block{});
    for (std::uint32_t ghost = 0; ghost < capacity; ++ghost) {
      lists_.append(capacity + ghost, kFree);
    }
    in_.assign(2 * capacity, kFree);
    sizes_ = {};
  }
  bool wants(const BlockInfo& newcomer, SimTime) override {
    expect(newcomer.content);
    return true;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    if (!expected_ || expected_content_ != info.content) expect(info.content);
    expected_ = false;
    blocks_[index(block)] = {info.content};
    enter(index(block), came_from_ == kNowhere ? kT1 : kT2);
    came_from_ = kNowhere;
  }
  void touched(BlockId block, SimTime) override {
    const bool idle = lists_.linked(index(block));
    --sizes_[in_[index(block)]];
    lists_.unlink(index(block));
    enter(index(block), kT2);
    if (!idle) lists_.unlink(index(block));
  }
  void pinned(BlockId block) override { lists_.unlink(index(block)); }
  void released(BlockId block, SimTime) override { lists_.append(index(block), in_[index(block)]); }
  BlockId victim(SimTime) override {
    const double t1 = sizes_[kT1];
    const bool first = t1 > target_ || (came_from_ == kB2 && t1 == target_) || t1 == capacity_;
    const bool from_t1 = lists_.empty(kT2) || (first && !lists_.empty(kT1));
    victim_ = lists_.head(from_t1 ? kT1 : kT2);
    return BlockId{victim_};
  }
  void removed(BlockId block) override {
    const List list = in_[index(block)];
    bool remembered = index(block) == victim_;
    victim_ = kNoBlock;
    if (remembered && came_from_ == kNowhere) remembered = make_room_for_ghost();
    --sizes_[list];
    lists_.unlink(index(block));
    if (remembered) remember(blocks_[index(block)].content, list == kT1 ? kB1 : kB2);
  }

 private:
  struct Block {
    std::uint64_t content = 0;
  };
  void enter(std::uint32_t node, List list) {
    in_[node] = list;
    ++sizes_[list];
    lists_.append(node, list);
  }
  void expect(std::uint64_t content) {
    expected_ = true;
    expected_content_ = content;
    came_from_ = kNowhere;
    const std::uint32_t ghost = ghosts_.find(content);
    if (ghost == kNoBlock) return;
    came_from_ = in_[capacity_ + ghost];
    const double b1 = sizes_[kB1], b2 = sizes_[kB2];
    if (came_from_ == kB1) {
      target_ = std::min<double>(capacity_, target_ + std::max(1.0, b2 / b1));
    } else {
      target_ = std::max(0.0, target_ - std::max(1.0, b1 / b2));
    }
    forget(capacity_ + ghost);
  }
  // Case IV of the paper, a content that nobody remembers: T1 and B1 together hold at most
  // `capacity`, all four lists twice that. False: the victim itself is not to be remembered.
  bool make_room_for_ghost() {
    if (sizes_[kT1] + sizes_[kB1] >= capacity_) {
      if (sizes_[kT1] >= capacity_) return false;
      forget(lists_.head(kB1));
    } else if (sizes_[kT1] + sizes_[kT2] + sizes_[kB1] + sizes_[kB2] >= 2 * capacity_) {
      forget(lists_.head(kB2));
    }
    return true;
  }
  void remember(std::uint64_t content, List list) {
    if (lists_.empty(kFree)) forget(lists_.head(sizes_[kB2] > 0 ? kB2 : kB1));
    const std::uint32_t node = lists_.head(kFree);
    lists_.unlink(node);
    ghosts_.insert(node - capacity_, content);
    enter(node, list);
  }
  void forget(std::uint32_t node) {
    --sizes_[in_[node]];
    ghosts_.erase(node - capacity_);
    lists_.unlink(node);
    lists_.append(node, kFree);
  }

  std::uint32_t capacity_ = 0;
  double target_ = 0;  // p, of the size of T1
  BlockLists lists_;
  ContentIndex ghosts_;
  std::vector<Block> blocks_;
  std::vector<List> in_;                      // of blocks and ghosts
  std::array<std::uint32_t, kFree> sizes_{};  // pinned blocks included
  std::uint32_t victim_ = kNoBlock;
  std::uint64_t expected_content_ = 0;
  List came_from_ = kNowhere;  // the newcomer
  bool expected_ = false;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Arc>(); }

}  // namespace kvern::eviction::arc
