// LMCache's cost-aware policy (v1/storage_backend/cache_policy/cost_aware_policy.py): the block
// with the lowest
//
//   (tokens to recompute / bytes) / (1 + time since its last use / half_life)
//
// goes. What a block saves is its prompt from the block's first token to the end, a moving average
// (weight `alpha` on the newest) over the times it was stored; unlike LMCache's it outlives an
// eviction, until another content takes its place in a table of one entry a block. Scores of blocks
// with equal worth keep their order in time, so blocks are kept in lists by worth, four an octave,
// least recently used first, and only the lists' heads are compared: between blocks whose worth
// differs by less than a fifth the age alone decides. O(lists in use) an eviction, else O(1).
#include <algorithm>
#include <bit>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

namespace kvern::eviction::recompute_cost {

namespace {

constexpr std::uint32_t kLists = 256;

// Four an octave of a worth in 2^-32 tokens a byte.
std::uint32_t list_of(double worth) {
  const auto scaled = static_cast<std::uint64_t>(std::min(worth * 0x1p32, 0x1p62)) | 4;
  const int octave = std::bit_width(scaled) - 1;
  return 4 * static_cast<std::uint32_t>(octave) +
         static_cast<std::uint32_t>(scaled >> (octave - 2) & 3);
}

class RecomputeCost final : public Eviction {
 public:
  explicit RecomputeCost(Parameters& p)
      : alpha_(p.get("alpha", 0.2, "weight of the newest observation", {0, 1})),
        half_life_(p.get("half_life", Duration{60 * kSecond},
                         "unused for this long: half the worth", kPositive)
                       .ns) {}
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity, kLists);
    blocks_.assign(capacity, Block{});
    past_.assign(std::bit_ceil(std::max(1U, capacity)), Past{});
    lowest_ = kLists;
    highest_ = 0;
    block_size_ = 0;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    // The last block of a prompt may be partial: the fullest one seen tells the block size.
    block_size_ = std::max(block_size_, info.tokens);
    const std::uint64_t before = std::uint64_t{info.depth} * block_size_;
    const double seen = static_cast<double>(
        info.request_tokens > before ? info.request_tokens - before : std::max(1U, info.tokens));
    Past& past = past_[mix(info.content) & (past_.size() - 1)];
    const bool known = past.tokens > 0 && past.content == info.content;
    past = {info.content, known ? alpha_ * seen + (1 - alpha_) * past.tokens : seen};
    const double worth = past.tokens / std::max(1U, info.bytes);
    blocks_[index(block)] = {worth, now, list_of(worth)};
    lowest_ = std::min(lowest_, list_of(worth));
    highest_ = std::max(highest_, list_of(worth));
    append(index(block));
  }
  void touched(BlockId block, SimTime now) override {
    blocks_[index(block)].used = now;
    if (!idle_.linked(index(block))) return;
    idle_.unlink(index(block));
    append(index(block));
  }
  void pinned(BlockId block) override { idle_.unlink(index(block)); }
  void released(BlockId block, SimTime now) override {
    blocks_[index(block)].used = now;
    append(index(block));
  }
  void removed(BlockId block) override { idle_.unlink(index(block)); }
  BlockId victim(SimTime now) override {
    std::uint32_t lowest = kNoBlock;
    double score = 0;
    for (std::uint32_t list = lowest_; list <= highest_; ++list) {
      if (idle_.empty(list)) continue;
      const std::uint32_t block = idle_.head(list);
      const double age = static_cast<double>(now - blocks_[block].used);
      const double own = blocks_[block].worth / (1 + age / static_cast<double>(half_life_));
      if (lowest != kNoBlock && own >= score) continue;
      lowest = block;
      score = own;
    }
    return BlockId{lowest};
  }

 private:
  struct Block {
    double worth = 0;  // tokens a byte
    SimTime used = 0;
    std::uint32_t list = 0;
  };
  struct Past {
    std::uint64_t content = 0;
    double tokens = 0;  // 0: nothing stored yet
  };
  void append(std::uint32_t block) { idle_.append(block, blocks_[block].list); }

  double alpha_;
  SimTime half_life_;
  std::uint32_t block_size_ = 0;
  BlockLists idle_;
  std::uint32_t lowest_ = kLists, highest_ = 0;  // lists ever used
  std::vector<Block> blocks_;
  std::vector<Past> past_;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<RecomputeCost>(p); }

}  // namespace kvern::eviction::recompute_cost
