// LeCaR (Vietri et al., HotStorage 2018): evicts by LRU or by LFU, drawn by weights that regret
// changes: when a content comes back that one of them evicted t uses ago, that one's weight falls
// by exp(-learning_rate x d^t), where d = discount^(1 / capacity). Each remembers its latest
// `ghost_share` x capacity victims. Uses die with the block. O(1) a call, one draw a victim.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "policies/eviction.h"
#include "policies/parts/blocks/block_lists.h"
#include "policies/parts/blocks/content_index.h"
#include "policies/parts/blocks/frequency_lists.h"
#include "sim/base/exact_math.h"
#include "sim/base/random.h"

namespace kvern::eviction::lecar {

namespace {

enum Expert : std::uint8_t { Lru, Lfu };
constexpr std::uint32_t kFree = 2;  // list of unused ghost numbers

class LeCaR final : public Eviction {
 public:
  explicit LeCaR(Parameters& p)
      : learning_rate_(p.get("learning_rate", 0.45, "how much regret changes", kNonNegative)),
        discount_(
            p.get("discount", 0.005, "what regret is worth after `capacity` uses", Range{1e-9, 1})),
        ghost_share_(
            p.get("ghost_share", Share{1}, "ghosts of each expert as a share of capacity").value),
        fresh_(static_cast<std::uint64_t>(p.get("seed", std::int64_t{1}, "of its draws")),
               p.path()) {}

  void prepare(std::uint32_t capacity) override {
    stream_ = fresh_;
    lru_weight_ = 0.5;
    uses_ = 0;
    victim_ = kNoBlock;
    told_ = false;
    fading_ = capacity > 0 ? exact::log(discount_) / capacity : 0;
    recent_.prepare(capacity);
    frequent_.prepare(capacity);
    contents_.assign(capacity, 0);
    room_ = static_cast<std::uint32_t>(ghost_share_ * capacity);
    ghosts_.prepare(2 * room_);
    ghost_lists_.prepare(2 * room_, kFree + 1);
    evicted_at_.assign(std::size_t{2} * room_, 0);
    by_.assign(std::size_t{2} * room_, Lru);
    sizes_ = {};
    for (std::uint32_t ghost = 0; ghost < 2 * room_; ++ghost) ghost_lists_.append(ghost, kFree);
  }
  bool wants(const BlockInfo& newcomer, SimTime) override {
    regret(newcomer.content);
    told_ = true;
    return true;
  }
  void inserted(BlockId block, const BlockInfo& info, SimTime) override {
    if (!told_) regret(info.content);
    told_ = false;
    ++uses_;
    contents_[index(block)] = info.content;
    recent_.append(index(block));
    frequent_.insert(index(block));
  }
  void touched(BlockId block, SimTime) override {
    ++uses_;
    if (recent_.linked(index(block))) recent_.move_to_tail(index(block));
    frequent_.use(index(block));
  }
  void pinned(BlockId block) override {
    recent_.unlink(index(block));
    frequent_.hide(index(block));
  }
  void released(BlockId block, SimTime) override {
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
    chosen_ = stream_.uniform() < lru_weight_ ? Lru : Lfu;
    victim_ = chosen_ == Lru ? recent_.head() : frequent_.front();
    return BlockId{victim_};
  }

 private:
  static constexpr double kLeast = 0.01;  // of a weight, as in the authors' code: none dies out
  void remember(std::uint64_t content) {
    if (room_ == 0) return;
    if (sizes_[chosen_] == room_) forget(ghost_lists_.head(chosen_));
    const std::uint32_t ghost = ghost_lists_.head(kFree);
    ghost_lists_.move_to_tail(ghost, chosen_);
    ghosts_.insert(ghost, content);
    evicted_at_[ghost] = uses_;
    by_[ghost] = chosen_;
    ++sizes_[chosen_];
  }
  void forget(std::uint32_t ghost) {
    ghosts_.erase(ghost);
    ghost_lists_.move_to_tail(ghost, kFree);
    --sizes_[by_[ghost]];
  }
  // The expert that evicted what comes back loses weight.
  void regret(std::uint64_t content) {
    const std::uint32_t ghost = ghosts_.find(content);
    if (ghost == kNoBlock) return;
    const auto age = static_cast<double>(uses_ - evicted_at_[ghost]);
    const double kept = exact::exp(-learning_rate_ * exact::exp(fading_ * age));
    const double lru = lru_weight_ * (by_[ghost] == Lru ? kept : 1);
    const double lfu = (1 - lru_weight_) * (by_[ghost] == Lfu ? kept : 1);
    lru_weight_ = std::clamp(lru / (lru + lfu), kLeast, 1 - kLeast);
    forget(ghost);
  }

  double learning_rate_, discount_, ghost_share_;
  Stream fresh_;  // as it begins
  Stream stream_ = fresh_;
  double fading_ = 0;  // ln d
  double lru_weight_ = 0.5;
  std::uint64_t uses_ = 0;  // of any block
  BlockLists recent_;
  FrequencyLists frequent_;
  std::vector<std::uint64_t> contents_;
  ContentIndex ghosts_;
  BlockLists ghost_lists_;  // of each expert, oldest first; and free numbers
  std::vector<std::uint64_t> evicted_at_;
  std::vector<Expert> by_;
  std::array<std::uint32_t, 2> sizes_{};
  std::uint32_t room_ = 0;  // of each expert's ghosts
  bool told_ = false;       // wants() has looked for the newcomer's ghost
  Expert chosen_ = Lru;
  std::uint32_t victim_ = kNoBlock;
};

}  // namespace

std::unique_ptr<Eviction> make(Parameters& p) { return std::make_unique<LeCaR>(p); }

}  // namespace kvern::eviction::lecar
