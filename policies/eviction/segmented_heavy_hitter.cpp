// Kvern's own: two segments, so that neither a scan of new blocks nor a former favourite can fill
// the cache.
//
//   Detector   a count-min sketch of all uses, also of blocks not cached, halved every ten uses a
//              block of capacity (policies/parts/blocks/frequency_sketch.h): what was popular stops
//              being so after two or three halvings. A content is heavy while its count is >=
//              `heavy`.
//   New        holds what is not heavy; at least `reserved` of the idle blocks are its slots, so a
//              rare or new block always gets its time however hot the rest is.
//   Heavy      holds what was heavy when it came or was used: a content that returns after an
//              eviction goes there at once.
//
// The victim comes from New while New holds more than its reserve, least recently used first, else
// from Heavy: of its `sample` least recently used blocks the one with the lowest count, the oldest
// on a tie. So popularity that drifted away is found by age and settled by count. O(sample) an
// eviction, else O(1) amortised.
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/chain_queue.h"
#include "policies/parts/blocks/frequency_sketch.h"
#include "sim/base/units.h"

namespace kvern::eviction::segmented_heavy_hitter {

namespace {

enum Segment : std::uint32_t { New, Heavy };

class SegmentedHeavyHitter final : public Eviction {
 public:
  explicit SegmentedHeavyHitter(Parameters& p)
      : reserved_(p.get("reserved", Share{0.33}, "slots for blocks that are not heavy").value),
        heavy_(p.get("heavy", 2U, "recent uses that make a content heavy", {1, 15})),
        sample_(p.get("sample", 8U, "oldest heavy blocks compared by count", {1, 1024})) {}
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity, 2);
    detector_.prepare(capacity);
    blocks_.assign(capacity, Block{});
    sizes_[New] = sizes_[Heavy] = 0;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    Block& state = blocks_[index(block)];
    state.content = info.content;
    state.segment = use(info.content);
    idle_.inserted(index(block), info.depth, state.segment);
    ++sizes_[state.segment];
  }
  void touched(BlockId block, SimTime) override {
    Block& state = blocks_[index(block)];
    const Segment segment = use(state.content);
    if (idle_.linked(index(block))) {
      hide(index(block));
      idle_.inserted(index(block), idle_.depth(index(block)), segment);
      ++sizes_[segment];
    }
    state.segment = segment;
  }
  void pinned(BlockId block) override { hide(index(block)); }
  void released(BlockId block, SimTime) override {
    const Segment segment = blocks_[index(block)].segment;
    idle_.released(index(block), segment);
    ++sizes_[segment];
  }
  void removed(BlockId block) override { hide(index(block)); }
  BlockId victim(SimTime) override {
    const double reserve = reserved_ * (sizes_[New] + sizes_[Heavy]);
    if (sizes_[Heavy] == 0 || (sizes_[New] > 0 && sizes_[New] > reserve)) {
      return BlockId{idle_.head(New)};
    }
    return BlockId{lightest()};
  }

 private:
  struct Block {
    std::uint64_t content = 0;
    Segment segment = New;
  };
  Segment use(std::uint64_t content) {
    detector_.count(content);
    return detector_.estimate(content) >= heavy_ ? Heavy : New;
  }
  void hide(std::uint32_t block) {
    if (!idle_.linked(block)) return;
    idle_.unlink(block, blocks_[block].segment);
    --sizes_[blocks_[block].segment];
  }
  std::uint32_t lightest() const {
    std::uint32_t block = idle_.head(Heavy);
    std::uint32_t best = block;
    std::uint32_t least = UINT32_MAX;
    for (std::uint32_t i = 0; i < sample_ && block != idle_.end(Heavy); ++i) {
      const std::uint32_t count = detector_.estimate(blocks_[block].content);
      if (count < least) {
        best = block;
        least = count;
      }
      block = idle_.next(block);
    }
    return best;
  }

  double reserved_;
  std::uint32_t heavy_;
  std::uint32_t sample_;
  FrequencySketch detector_;
  ChainQueue idle_;
  std::uint32_t sizes_[2] = {0, 0};  // idle blocks
  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<SegmentedHeavyHitter>(p); }

}  // namespace kvern::eviction::segmented_heavy_hitter
