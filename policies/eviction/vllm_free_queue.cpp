// vLLM's free queue: a request frees its blocks last one first, each to the tail; the head is
// evicted (v1/core/block_pool.py). In a serving run, where the machine itself frees in that order,
// this is `lru`. In a cache-only replay nothing is freed: there `lru` sees a prompt's first block
// used before its last one and evicts it first, which makes all behind it useless, while this
// policy evicts the end of the prompt first, as the engine would. O(1) a call.
#include <memory>

#include "policies/eviction.h"
#include "policies/parts/blocks/chain_queue.h"

namespace kvern::eviction::vllm_free_queue {

namespace {

class FreeQueue final : public Eviction {
 public:
  void prepare(std::uint32_t capacity, const Draws&) override { idle_.prepare(capacity); }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    idle_.inserted(index(block), info.depth);
  }
  void touched(BlockId block, SimTime) override { idle_.touched(index(block)); }
  void pinned(BlockId block) override { idle_.unlink(index(block)); }
  void released(BlockId block, SimTime) override { idle_.released(index(block)); }
  void removed(BlockId block) override { idle_.unlink(index(block)); }
  BlockId victim(SimTime) override { return BlockId{idle_.head()}; }
  bool queues_unnamed() const override { return true; }

 private:
  ChainQueue idle_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<FreeQueue>(); }

}  // namespace kvern::eviction::vllm_free_queue
