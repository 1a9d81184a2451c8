// The frame of policies that rank blocks by their uses: the ranking's front goes, pinned blocks are
// hidden from it. A policy says what a new block starts with, as Policy::start(info): its uses,
// the worth of a use, or its segment; and lays the ranking out anew where the usual way won't do.
#pragma once

#include "policies/eviction.h"

namespace kvern {

// Ranking: FrequencyLists, GreedyDual, SegmentedLru.
template <class Policy, class Ranking>
class RankedEviction : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override { blocks_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    blocks_.insert(index(block), Policy::start(info));
  }
  void touched(BlockId block, SimTime) override { blocks_.use(index(block)); }
  void pinned(BlockId block) override { blocks_.hide(index(block)); }
  void released(BlockId block, SimTime) override { blocks_.show(index(block)); }
  void removed(BlockId block) override { blocks_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{blocks_.front()}; }

 protected:
  Ranking blocks_;
};

}  // namespace kvern
