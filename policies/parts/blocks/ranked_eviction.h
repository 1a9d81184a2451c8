// The frame of policies that rank blocks by their uses: the ranking's front goes, pinned blocks are
// hidden from it. A policy says how the ranking is laid out (prepare) and what a new block starts
// with (inserted).
#pragma once

#include "policies/eviction.h"

namespace kvern {

// Ranking: FrequencyLists, GreedyDual, SegmentedLru.
template <class Ranking>
class RankedEviction : public Eviction {
 public:
  void touched(BlockId block, SimTime) override { blocks_.use(index(block)); }
  void pinned(BlockId block) override { blocks_.hide(index(block)); }
  void released(BlockId block, SimTime) override { blocks_.show(index(block)); }
  void removed(BlockId block) override { blocks_.remove(index(block)); }
  BlockId victim(SimTime) override { return BlockId{blocks_.front()}; }

 protected:
  Ranking blocks_;
};

}  // namespace kvern
