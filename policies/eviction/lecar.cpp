// LeCaR (Vietri et al., HotStorage 2018): evicts by LRU or by LFU, drawn by weights that regret
// changes: when a content comes back that one of them evicted t uses ago, that one's weight falls
// by exp(-learning_rate x d^t), where d = discount^(1 / capacity). Each remembers its latest
// `ghost_share` x capacity victims. Uses die with the block. O(1) a call; one draw a victim, which
// holds until something changes.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/frequency_lists.h"
#include "policies/parts/blocks/ghost_list.h"
#include "policies/parts/blocks/own_draws.h"
#include "sim/base/exact_math.h"

namespace kvern::eviction::lecar {

namespace {

enum Expert : std::uint8_t { Lru, Lfu };
constexpr std::array kExperts = {Lru, Lfu};

class LeCaR final : public Eviction {
 public:
  explicit LeCaR(Parameters& p)
      : learning_rate_(p.get("learning_rate", 0.45, "how much regret changes", kNonNegative)),
        discount_(
            p.get("discount", 0.005, "what regret is worth after `capacity` uses", Range{1e-9, 1})),
        ghost_share_(
            p.get("ghost_share", Share{1}, "ghosts of each expert as a share of capacity").value),
        draws_(p) {}

  void prepare(std::uint32_t capacity, const Draws& draws) override {
    stream_ = draws_.begin(draws);
    lru_weight_ = 0.5;
    uses_ = 0;
    victim_ = kNoBlock;
    told_ = false;
    fading_ = capacity > 0 ? exact::log(discount_) / capacity : 0;
    recent_.prepare(capacity);
    frequent_.prepare(capacity);
    contents_.assign(capacity, 0);
    for (const Expert each : kExperts) {
      ghosts_[each].prepare(static_cast<std::uint32_t>(ghost_share_ * capacity));
      evicted_at_[each].assign(ghosts_[each].nodes(), 0);
    }
  }
  bool wants(const BlockInfo& newcomer, SimTime) override {
    regret(newcomer.content);
    told_ = true;
    newcomer_ = newcomer.content;
    return true;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    if (!told_ || newcomer_ != info.content) regret(info.content);
    told_ = false;
    for (GhostList& ghosts : ghosts_) ghosts.settle();
    victim_ = kNoBlock;
    ++uses_;
    contents_[index(block)] = info.content;
    recent_.append(index(block));
    frequent_.insert(index(block));
  }
  void touched(BlockId block, SimTime) override {
    victim_ = kNoBlock;
    ++uses_;
    if (recent_.linked(index(block))) recent_.move_to_tail(index(block));
    frequent_.use(index(block));
  }
  void pinned(BlockId block) override {
    victim_ = kNoBlock;
    recent_.unlink(index(block));
    frequent_.hide(index(block));
  }
  void released(BlockId block, SimTime) override {
    victim_ = kNoBlock;
    recent_.append(index(block));
    frequent_.show(index(block));
  }
  void removed(BlockId block) override {
    if (index(block) == victim_) remember(contents_[victim_]);
    victim_ = kNoBlock;
    recent_.unlink(index(block));
    frequent_.remove(index(block));
  }
  BlockId victim(SimTime) override {
    if (victim_ != kNoBlock) return BlockId{victim_};
    chosen_ = stream_.uniform() < lru_weight_ ? Lru : Lfu;
    victim_ = chosen_ == Lru ? recent_.head() : frequent_.front();
    return BlockId{victim_};
  }

 private:
  static constexpr double kLeast = 0.01;  // of a weight, as in the authors' code: none dies out
  void remember(std::uint64_t content) {
    const std::uint32_t ghost = ghosts_[chosen_].add(content);
    if (ghost != kNoBlock) evicted_at_[chosen_][ghost] = uses_;
  }
  // The expert that evicted what comes back loses weight.
  void regret(std::uint64_t content) {
    for (const Expert by : kExperts) {
      const std::uint32_t ghost = ghosts_[by].find(content);
      if (ghost == kNoBlock) continue;
      const auto age = static_cast<double>(uses_ - evicted_at_[by][ghost]);
      const double kept = exact::exp(-learning_rate_ * exact::exp(fading_ * age));
      const double lru = lru_weight_ * (by == Lru ? kept : 1);
      const double lfu = (1 - lru_weight_) * (by == Lfu ? kept : 1);
      lru_weight_ = std::clamp(lru / (lru + lfu), kLeast, 1 - kLeast);
      ghosts_[by].forget(ghost);
    }
  }

  double learning_rate_, discount_, ghost_share_;
  OwnDraws draws_;
  Stream stream_ = draws_.begin({});
  double fading_ = 0;  // ln d
  double lru_weight_ = 0.5;
  std::uint64_t uses_ = 0;  // of any block
  BlockLists recent_;
  FrequencyLists frequent_;
  std::vector<std::uint64_t> contents_;
  std::array<GhostList, 2> ghosts_;  // by expert
  std::array<std::vector<std::uint64_t>, 2> evicted_at_;
  bool told_ = false;  // wants() has looked for the ghost of newcomer_
  std::uint64_t newcomer_ = 0;
  Expert chosen_ = Lru;              // whose answer the victim is
  std::uint32_t victim_ = kNoBlock;  // nothing has changed since
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<LeCaR>(p); }

}  // namespace kvern::eviction::lecar
