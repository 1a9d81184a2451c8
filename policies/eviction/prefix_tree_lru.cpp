// SGLang's radix cache: of the leaves that no request uses, the least recently used one goes; its
// parent may then be a leaf (mem_cache/radix_cache.py, evict). A block is used no later than the
// prefix before it, so the oldest idle block is nearly always a leaf, and the search for one ends
// at once: O(1) a call but for idle blocks whose children are in use. Where all leaves are in use
// the oldest idle block goes. Unnamed blocks are free at once, not queued.
#include <memory>

#include "policies/eviction.h"
#include "policies/parts/blocks/chain_queue.h"
#include "policies/parts/blocks/prefix_tree.h"

namespace kvern::eviction::prefix_tree_lru {

namespace {

class PrefixTreeLru final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity);
    tree_.prepare(capacity);
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    idle_.inserted(index(block), info.depth);
    tree_.inserted(index(block), info.parent);
  }
  void touched(BlockId block, SimTime) override { idle_.touched(index(block)); }
  void pinned(BlockId block) override { idle_.unlink(index(block)); }
  void released(BlockId block, SimTime) override { idle_.released(index(block)); }
  void removed(BlockId block) override {
    idle_.unlink(index(block));
    tree_.removed(index(block));
  }
  BlockId victim(SimTime) override {
    std::uint32_t block = idle_.head();
    while (block != idle_.end() && !tree_.leaf(block)) block = idle_.next(block);
    return BlockId{block != idle_.end() ? block : idle_.head()};
  }

 private:
  ChainQueue idle_;
  PrefixTree tree_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<PrefixTreeLru>(); }

}  // namespace kvern::eviction::prefix_tree_lru
