// Prefix-aware greedy dual size frequency (RAGCache, arXiv 2404.12457, section 4.1): of the leaves
// of the prefix tree the one with the lowest priority goes, where
//
//   priority = clock + uses x cost / size,
//
// cost is the time to compute the block again (its tokens, where that is not known), size its
// bytes (tokens), uses those since it was cached, and the clock the highest priority that has gone:
// so what is not used ages. Where all leaves are in use any idle block may go. O(log n) a call.
#include <memory>

#include "policies/parts/blocks/greedy_dual.h"
#include "policies/parts/blocks/prefix_tree.h"
#include "policies/parts/blocks/ranked_eviction.h"

namespace kvern::eviction::pgdsf {

namespace {

enum Rank : std::uint32_t { Leaf, Inner, Ranks };

class Pgdsf final : public RankedEviction<Pgdsf, GreedyDual> {
 public:
  static double start(const BlockInfo& info) { return cost_over_size(info); }

  void prepare(std::uint32_t capacity, const Draws&) override {
    blocks_.prepare(capacity, Ranks);
    tree_.prepare(capacity);
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    if (tree_.inserted(index(block), info.parent)) blocks_.move(info.parent, Inner);
    RankedEviction::inserted(block, info, now);
  }
  void removed(BlockId block) override {
    RankedEviction::removed(block);
    const std::uint32_t parent = tree_.removed(index(block));
    if (parent != kNoBlock) blocks_.move(parent, Leaf);
  }

 private:
  PrefixTree tree_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Pgdsf>(); }

}  // namespace kvern::eviction::pgdsf
