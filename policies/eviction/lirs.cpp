// LIRS (Jiang, Zhang, SIGMETRICS 2002): what counts is the distance between the last two uses. A
// stack holds blocks by their last use: those with short distances (LIR, nearly the whole cache),
// and above the lowest of these every block used since (HIR), also when it was evicted (ghosts). A
// HIR block that is used while in the stack becomes LIR, and the lowest LIR one becomes HIR.
// Victims come from a queue of the resident HIR blocks. O(1) amortised.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/content_index.h"

namespace kvern::eviction::lirs {

namespace {

class Lirs final : public Eviction {
 public:
  explicit Lirs(Parameters& p)
      : hir_share_(
            p.get("hir_share", Share{0.01}, "room of resident HIR blocks as a share of capacity")
                .value),
        stack_(p.get("stack", 2.0, "most entries of the stack, ghosts included, in capacities",
                     Range{1, 16})) {}

  void prepare(std::uint32_t capacity, const Draws&) override {
    capacity_ = capacity;
    victim_ = kNoBlock;
    lirs_ = stacked_ = 0;
    lir_room_ = capacity -
                std::min(capacity, std::max(1U, static_cast<std::uint32_t>(hir_share_ * capacity)));
    most_ = static_cast<std::uint32_t>(stack_ * capacity);
    const std::uint32_t nodes = capacity + most_ + 1;  // blocks, then ghosts
    by_use_.prepare(nodes);
    lists_.prepare(nodes, Free + 1);
    ghosts_.prepare(most_ + 1);
    for (std::uint32_t ghost = capacity; ghost < nodes; ++ghost) lists_.append(ghost, Free);
    blocks_.assign(capacity, Block{});
  }
  bool wants(const BlockInfo& newcomer, SimTime) override {
    // It moves up to where it will stand, so that it is not forgotten meanwhile.
    const std::uint32_t ghost = ghosts_.find(newcomer.content);
    if (ghost == kNoBlock) return true;
    by_use_.move_to_tail(capacity_ + ghost);
    lists_.move_to_tail(capacity_ + ghost, Ghosts);
    return true;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    const std::uint32_t node = index(block);
    const std::uint32_t ghost = ghosts_.find(info.content);
    const bool lir = ghost != kNoBlock || lirs_ < lir_room_;
    if (ghost != kNoBlock) forget(capacity_ + ghost);
    blocks_[node] = {info.content, lir, false};
    by_use_.append(node);
    ++stacked_;
    lists_.append(node, lir ? Lir : Queue);
    if (lir) {
      ++lirs_;
      settle();
    }
    trim();
  }
  void touched(BlockId id, SimTime) override {
    Block& block = blocks_[index(id)];
    const bool stacked = by_use_.linked(index(id));
    if (!stacked) ++stacked_;
    by_use_.move_to_tail(index(id));
    if (!block.lir && stacked) {
      block.lir = true;
      ++lirs_;
    }
    if (!block.pinned) lists_.move_to_tail(index(id), block.lir ? Lir : Queue);
    settle();
    trim();
  }
  void pinned(BlockId block) override {
    blocks_[index(block)].pinned = true;
    lists_.unlink(index(block));
  }
  void released(BlockId block, SimTime) override {
    Block& state = blocks_[index(block)];
    state.pinned = false;
    lists_.append(index(block), state.lir ? Lir : Queue);
  }
  void removed(BlockId block) override {
    const std::uint32_t node = index(block);
    lists_.unlink(node);
    if (by_use_.linked(node)) {
      if (node == victim_ && !blocks_[node].lir) remember(node);
      by_use_.unlink(node);
      --stacked_;
    }
    if (blocks_[node].lir) --lirs_;
    victim_ = kNoBlock;
    prune();
  }
  BlockId victim(SimTime) override {
    // Every resident HIR block may be pinned: then the LIR block used longest ago.
    victim_ = lists_.head(lists_.empty(Queue) ? Lir : Queue);
    return BlockId{victim_};
  }

 private:
  enum List : std::uint32_t { Queue, Lir, Ghosts, Free };
  struct Block {
    std::uint64_t content = 0;
    bool lir = false;
    bool pinned = false;
  };
  bool lir(std::uint32_t node) const { return node < capacity_ && blocks_[node].lir; }
  // LIR blocks beyond their room become HIR, the lowest of the stack first.
  void settle() {
    prune();
    while (lirs_ > lir_room_) {
      const std::uint32_t lowest = by_use_.head();
      blocks_[lowest].lir = false;
      --lirs_;
      if (!blocks_[lowest].pinned) lists_.move_to_tail(lowest, Queue);
      prune();
    }
  }
  void trim() {
    while (stacked_ > most_ && !lists_.empty(Ghosts)) forget(lists_.head(Ghosts));
  }
  // The lowest of the stack is LIR: what lies below has a longer distance than any LIR block.
  void prune() {
    while (!by_use_.empty() && !lir(by_use_.head())) {
      const std::uint32_t lowest = by_use_.head();
      if (lowest >= capacity_) {
        forget(lowest);
      } else {
        by_use_.unlink(lowest);
        --stacked_;
      }
    }
  }
  void remember(std::uint32_t block) {
    if (lists_.empty(Free)) forget(lists_.head(Ghosts));
    const std::uint32_t ghost = lists_.head(Free);
    ghosts_.insert(ghost - capacity_, blocks_[block].content);
    lists_.move_to_tail(ghost, Ghosts);
    by_use_.insert_before(block, ghost);
    ++stacked_;
  }
  void forget(std::uint32_t ghost) {
    ghosts_.erase(ghost - capacity_);
    lists_.move_to_tail(ghost, Free);
    by_use_.unlink(ghost);
    --stacked_;
  }

  double hir_share_, stack_;
  std::uint32_t capacity_ = 0, lir_room_ = 0, most_ = 0;
  std::uint32_t lirs_ = 0;     // resident
  std::uint32_t stacked_ = 0;  // entries of the stack
  BlockLists by_use_;          // the stack, lowest first
  BlockLists lists_;
  ContentIndex ghosts_;
  std::vector<Block> blocks_;
  std::uint32_t victim_ = kNoBlock;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<Lirs>(p); }

}  // namespace kvern::eviction::lirs
