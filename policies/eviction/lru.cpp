// Least recently used, as vLLM's free queue: a block that nobody uses any more goes to the tail,
// the head is evicted. A request frees its last block first, so the tail of a chain goes before its
// head. O(1) a call: one doubly linked list over block ids.
#include <cstdint>
#include <memory>
#include <vector>

#include "policies/eviction.h"

namespace kvern::eviction::lru {

namespace {

class Lru final : public Eviction {
 public:
  void prepare(std::uint32_t capacity) override {
    end_ = capacity;
    links_.assign(capacity + 1, Link{});
    links_[end_] = {end_, end_};
  }
  void inserted(BlockId block, const BlockInfo&, SimTime) override { append(index(block)); }
  void touched(BlockId block, SimTime) override {
    if (links_[index(block)].next == kOut) return;  // pinned: it goes to the tail when released
    unlink(index(block));
    append(index(block));
  }
  void pinned(BlockId block) override { unlink(index(block)); }
  void released(BlockId block, SimTime) override { append(index(block)); }
  void removed(BlockId block) override { unlink(index(block)); }
  BlockId victim(SimTime) override { return BlockId{links_[end_].next}; }
  bool queues_unnamed() const override { return true; }

 private:
  static constexpr std::uint32_t kOut = UINT32_MAX;
  struct Link {
    std::uint32_t previous = kOut, next = kOut;
  };
  void append(std::uint32_t block) {
    const std::uint32_t last = links_[end_].previous;
    links_[block] = {last, end_};
    links_[last].next = block;
    links_[end_].previous = block;
  }
  void unlink(std::uint32_t block) {
    const Link link = links_[block];
    if (link.next == kOut) return;
    links_[link.previous].next = link.next;
    links_[link.next].previous = link.previous;
    links_[block] = {};
  }

  std::uint32_t end_ = 0;  // the list's own node
  std::vector<Link> links_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters&) { return std::make_unique<Lru>(); }

}  // namespace kvern::eviction::lru
