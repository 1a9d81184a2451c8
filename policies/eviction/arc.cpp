// Adaptive replacement cache (Megiddo, Modha, FAST 2003, figure 4): LRU lists of blocks used once
// (T1) and more often (T2), and of the ghosts of each (B1, B2). A ghost that comes back moves the
// target size of T1: up from B1, down from B2. The ghosts that are too many (case IV of the figure)
// are forgotten when the newcomer has come, which is known by then even where nobody said before
// what would come. O(1) a call.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/content_index.h"

namespace kvern::eviction::arc {

namespace {

enum List : std::uint8_t { T1, T2, B1, B2, Free, Nowhere };

class Arc final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override {
    capacity_ = capacity;
    target_ = 0;
    victim_ = kNoBlock;
    expected_ = false;
    // Blocks, then ghosts: as many as blocks, and the newcomer's.
    lists_.prepare(2 * capacity + 1, Free + 1);
    ghosts_.prepare(capacity + 1);
    blocks_.assign(capacity, Block{});
    for (std::uint32_t ghost = 0; ghost <= capacity; ++ghost) {
      lists_.append(capacity + ghost, Free);
    }
    in_.assign(std::size_t{2} * capacity + 1, Free);
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
    const std::uint32_t ghost = ghosts_.find(info.content);
    if (ghost != kNoBlock) forget(capacity_ + ghost);
    enter(index(block), ghost == kNoBlock ? T1 : T2);
    came_from_ = Nowhere;
    settle();
  }
  void touched(BlockId block, SimTime) override {
    const bool idle = lists_.linked(index(block));
    --sizes_[in_[index(block)]];
    lists_.unlink(index(block));
    enter(index(block), T2);
    if (!idle) lists_.unlink(index(block));
  }
  void pinned(BlockId block) override { lists_.unlink(index(block)); }
  void released(BlockId block, SimTime) override { lists_.append(index(block), in_[index(block)]); }
  BlockId victim(SimTime) override {
    const double t1 = sizes_[T1];
    const bool first = t1 > target_ || (came_from_ == B2 && t1 == target_) || t1 == capacity_;
    const bool from_t1 = lists_.empty(T2) || (first && !lists_.empty(T1));
    victim_ = lists_.head(from_t1 ? T1 : T2);
    return BlockId{victim_};
  }
  void removed(BlockId block) override {
    const List list = in_[index(block)];
    const bool remembered = index(block) == victim_;
    victim_ = kNoBlock;
    --sizes_[list];
    lists_.unlink(index(block));
    if (remembered) remember(blocks_[index(block)].content, list == T1 ? B1 : B2);
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
  // What is asked for moves the target.
  void expect(std::uint64_t content) {
    expected_ = true;
    expected_content_ = content;
    came_from_ = Nowhere;
    const std::uint32_t ghost = ghosts_.find(content);
    if (ghost == kNoBlock) return;
    came_from_ = in_[capacity_ + ghost];
    const double b1 = sizes_[B1], b2 = sizes_[B2];
    if (came_from_ == B1) {
      target_ = std::min<double>(capacity_, target_ + std::max(1.0, b2 / b1));
    } else {
      target_ = std::max(0.0, target_ - std::max(1.0, b1 / b2));
    }
  }
  // T1 and B1 together hold at most `capacity`, all four lists twice that.
  void settle() {
    while (sizes_[T1] + sizes_[B1] > capacity_) forget(lists_.head(B1));
    while (sizes_[T1] + sizes_[T2] + sizes_[B1] + sizes_[B2] > 2 * capacity_) {
      forget(lists_.head(B2));
    }
  }
  void remember(std::uint64_t content, List list) {
    if (lists_.empty(Free)) forget(lists_.head(sizes_[B2] > 0 ? B2 : B1));
    const std::uint32_t node = lists_.head(Free);
    lists_.unlink(node);
    ghosts_.insert(node - capacity_, content);
    enter(node, list);
  }
  void forget(std::uint32_t node) {
    --sizes_[in_[node]];
    ghosts_.erase(node - capacity_);
    lists_.unlink(node);
    lists_.append(node, Free);
  }

  std::uint32_t capacity_ = 0;
  double target_ = 0;  // p, of the size of T1
  BlockLists lists_;
  ContentIndex ghosts_;
  std::vector<Block> blocks_;
  std::vector<List> in_;                     // of blocks and ghosts
  std::array<std::uint32_t, Free> sizes_{};  // pinned blocks included
  std::uint32_t victim_ = kNoBlock;
  std::uint64_t expected_content_ = 0;
  List came_from_ = Nowhere;  // the newcomer
  bool expected_ = false;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Arc>(); }

}  // namespace kvern::eviction::arc
