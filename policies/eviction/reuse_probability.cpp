// The workload-aware policy of Alibaba's "KVCache in the wild" (arXiv 2506.02634, section 4): the
// block that is least likely to be asked for within the time a block stays in the cache goes; of
// equals the one that stands later in its prompt. For a block of category c, unused for t,
//
//   P = reused_c (e^(-t / mean_c) - e^(-(t + life) / mean_c)),
//
// where mean_c is the category's mean time between uses, reused_c the share of its blocks' uses
// that another one followed while it was cached, and life the mean time that evicted blocks had
// been unused. All are learnt while it runs, with halved weights every `window` uses of the
// category. Within a category P falls with t, so only the longest unused block of each is compared:
// O(categories) an eviction, else O(1). Categories from `categories` on share the last.
#include <algorithm>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/chain_queue.h"
#include "sim/base/exact_math.h"
#include "sim/base/units.h"

namespace kvern::eviction::reuse_probability {

namespace {

// What is known of a category; times in ns.
struct Category {
  double uses = 0, reuses = 0, between = 0;
  // One more use, `since` the one before it; `since` < 0: the first.
  void use(double since, double window) {
    uses += 1;
    if (since >= 0) {
      reuses += 1;
      between += since;
    }
    if (uses < window) return;
    uses /= 2;
    reuses /= 2;
    between /= 2;
  }
  double probability(double unused, double life) const {
    // Before anything was learnt: one use in two comes again, after a life.
    const double mean = (between + life) / (reuses + 1);
    const double reused = (reuses + 1) / (uses + 2);
    const double rate = 1 / std::max(1.0, mean);
    return reused * exact::exp(-unused * rate) * -exact::expm1(-life * rate);
  }
};

class ReuseProbability final : public Eviction {
 public:
  explicit ReuseProbability(Parameters& p)
      : window_(static_cast<double>(p.get(
            "window", 100'000U, "uses of a category after which the past counts half", {2, 4e9}))),
        first_life_(
            static_cast<double>(p.get("life", Duration{60 * kSecond},
                                      "first guess of the time unused before eviction", kPositive)
                                    .ns)),
        categories_(p.get("categories", 16U, "told apart", {1, 1024})) {}
  void prepare(std::uint32_t capacity, const Draws&) override {
    idle_.prepare(capacity, static_cast<std::uint32_t>(categories_.size()));
    blocks_.assign(capacity, Block{});
    categories_.assign(categories_.size(), Category{});
    life_ = first_life_;
    victim_ = kNoBlock;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime now) override {
    const auto last = static_cast<std::uint32_t>(categories_.size()) - 1;
    blocks_[index(block)] = {now, std::min<std::uint32_t>(info.category, last)};
    categories_[category(block)].use(-1, window_);
    idle_.inserted(index(block), info.depth, category(block));
  }
  void touched(BlockId block, SimTime now) override {
    SimTime& used = blocks_[index(block)].used;
    categories_[category(block)].use(static_cast<double>(now - used), window_);
    used = now;
    idle_.touched(index(block), category(block));
  }
  void pinned(BlockId block) override { idle_.unlink(index(block), category(block)); }
  void released(BlockId block, SimTime now) override {
    blocks_[index(block)].used = now;
    idle_.released(index(block), category(block));
  }
  void removed(BlockId block) override {
    if (index(block) == victim_) life_ += 0.01 * (victim_unused_ - life_);
    victim_ = kNoBlock;
    idle_.unlink(index(block), category(block));
  }
  BlockId victim(SimTime now) override {
    std::uint32_t least = kNoBlock;
    double lowest = 0;
    for (std::uint32_t i = 0; i < categories_.size(); ++i) {
      if (idle_.empty(i)) continue;
      const std::uint32_t block = idle_.head(i);
      const double own = categories_[i].probability(unused(block, now), life_);
      if (least != kNoBlock &&
          (own > lowest || (own == lowest && idle_.depth(block) <= idle_.depth(least)))) {
        continue;
      }
      least = block;
      lowest = own;
    }
    victim_ = least;
    victim_unused_ = unused(least, now);
    return BlockId{least};
  }

 private:
  struct Block {
    SimTime used = 0;
    std::uint32_t category = 0;
  };
  std::uint32_t category(BlockId block) const { return blocks_[index(block)].category; }
  double unused(std::uint32_t block, SimTime now) const {
    return static_cast<double>(now - blocks_[block].used);
  }

  double window_;
  double first_life_;
  double life_ = 0;
  std::vector<Category> categories_;
  ChainQueue idle_;  // a queue a category
  std::vector<Block> blocks_;
  std::uint32_t victim_ = kNoBlock;  // the latest answer, and for how long nobody had used it
  double victim_unused_ = 0;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<ReuseProbability>(p); }

}  // namespace kvern::eviction::reuse_probability
