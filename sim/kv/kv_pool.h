// The paged KV pool of one replica. Law 2: free + used = capacity at every instant; a shared block
// counts once; a victim is unused and resident.
//
// Without a prefix cache only numbers are kept. With one, blocks have identities: a block is named
// when an allocation fills it, keeps its name after its last user left, and can be found by that
// name until the eviction policy gives it up. It may then go on in the tiers below (LowerTiers),
// from which a waiting request can have it fetched.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/kv/block_worth.h"
#include "sim/kv/cache_state.h"
#include "sim/kv/future_requests.h"
#include "sim/kv/kv_holding.h"
#include "sim/kv/lower_tiers.h"
#include "sim/kv/prefix_index.h"
#include "sim/ports/cache_admission.h"
#include "sim/ports/eviction.h"
#include "sim/ports/step_planner.h"
#include "sim/records.h"

namespace kvern {

// The leading blocks of a request, as far as the tiers' policies choose to fetch what is missing.
struct FetchPlan {
  struct Block {
    std::uint32_t resident = kNoBlock;  // in the pool; else it comes from
    BelowSlot below;
  };
  std::vector<Block> blocks;
  std::uint32_t fetched = 0;  // of these, from below; 0: nothing to fetch
  std::uint32_t need = 0;     // free blocks that it takes
  bool prefetch = true;       // all tiers read from serve queued requests
};

struct KvPoolSetup {
  std::uint32_t capacity = 0;
  std::uint32_t block_size = 16;
  std::unique_ptr<Eviction> eviction;         // null: no prefix cache
  std::unique_ptr<CacheAdmission> admission;  // null: every block is kept
  const FutureRequests* future = nullptr;     // for clairvoyant policies
  std::unique_ptr<LowerTiers> below;          // null: none
  BlockWorth worth;
  bool any_block = false;      // what lies behind a missing block is found too; no engine does
  Records* records = nullptr;  // receives a row an eviction; null: counts only
  std::uint16_t replica = 0;
  Draws draws;  // of the policies
};

class KvPool {
 public:
  explicit KvPool(KvPoolSetup setup);

  std::uint32_t capacity() const { return capacity_; }
  std::uint32_t block_size() const { return block_size_; }
  std::uint32_t used() const { return used_; }
  // In use, or idle with content that may be hit.
  std::uint32_t resident() const { return used_ + cached_; }
  std::uint32_t free() const { return capacity_ - used_; }
  bool names_blocks() const { return eviction_ != nullptr; }
  bool finds_any_block() const { return any_block_; }
  LowerTiers* below() const { return below_.get(); }
  // Of the free ones, those that can be taken without starting a transfer.
  std::uint32_t quiet() const { return below_ ? unnamed() : free(); }
  std::uint64_t evictions() const { return evictions_; }
  std::uint32_t block_bytes() const { return worth_.bytes; }
  std::uint32_t blocks_for(std::uint64_t tokens) const {
    return static_cast<std::uint32_t>((tokens + block_size_ - 1) / block_size_);
  }

  // `blocks` (<= free()) more for one request. `now`: the instant of the need.
  void grow(KvHolding& request, std::uint32_t blocks, SimTime now);
  // The same for `blocks` requests, a block each; only without identities.
  void grow_counted(std::uint32_t blocks) { used_ += blocks; }
  void give_back_counted(std::uint32_t blocks) { used_ -= blocks; }
  // Names the request's blocks that carry a trace id and lie in its first `full` blocks.
  void name_full(KvHolding& request, std::uint32_t full, SimTime now);
  // Blocks beyond the first `full` are not filled in this step after all: the names that it gave
  // them go again. Nobody else holds them.
  void unname(KvHolding& request, std::uint32_t full);
  // Time to compute the first `blocks` blocks of a prompt again; 0: not known.
  SimTime recompute_ns(std::uint32_t blocks) const;
  // Leading blocks of the request's first `tokens` tokens found in the cache; with any_block those
  // behind a gap too: the request then holds what was found first and computes the rest behind it,
  // in the order of the prompt. The last token is always computed, so at most (tokens - 1) / block
  // size; touches nothing.
  PrefixHits lookup(const KvHolding& request, std::uint32_t tokens);
  // Takes what the latest lookup, of this request, found.
  void take_hits(KvHolding& request, SimTime now);
  // Which blocks behind the latest lookup, of this request, are to be fetched.
  const FetchPlan& plan_fetch(const KvHolding& request, std::uint32_t tokens);
  // Takes the blocks of the latest plan, for which there is room, and starts the fetch. They belong
  // to the request; those that come from below can be found by others after fetched().
  void begin_fetch(KvHolding& request, Slot slot, SimTime now);
  // One of its transfers has ended; true when all have.
  bool fetched(KvHolding& request, std::uint8_t tier, SimTime now);
  // All blocks of a request that ends or is preempted, last block first. Blocks filled beyond the
  // trace's ids get private names, found again only by its own resumption (`resumes`).
  void release(KvHolding& request, bool resumes, SimTime now);
  // What nobody uses loses its content, as when the engine fails or slept; that is no eviction. Not
  // with tiers below.
  void lose_all(SimTime now);
  // For a run whose cache will be saved; before the first request.
  void remember_blocks();
  // Puts a saved cache into the empty pool, before the first request; at time 0. Without a prefix
  // cache nothing.
  void load(const CacheState& saved);
  // Takes out what the cache holds, which ends the pool's use. Needs remember_blocks().
  CacheState unload(SimTime now);
  // Law 2 counted anew; what is broken, or "".
  std::string broken_law() const;

 private:
  enum class Content : std::uint8_t { None, Shared, Private };
  struct Block {
    std::uint32_t users = 0;
    std::uint32_t stamp = 0;  // changes with the content
    Content content = Content::None;
    bool kept = false;  // the admission has let it stay
    SimTime idle_since = 0;
  };
  std::uint32_t unnamed() const {
    return static_cast<std::uint32_t>(unnamed_.size()) + capacity_ - fresh_;
  }
  void open();
  std::uint32_t take(SimTime now);
  std::uint32_t take_unnamed();
  void reach(std::uint32_t blocks);
  void evict(std::uint32_t block, SimTime now);
  void hold(std::uint32_t block, SimTime now);
  void lose(std::uint32_t block, SimTime now);
  void forget(std::uint32_t block);
  bool worth_keeping(std::uint32_t block, SimTime now);
  void leave(std::uint32_t block, bool resumes, SimTime now);
  void announce(const KvHolding& request, std::uint32_t position, std::uint64_t content,
                SimTime now);
  void note(std::uint32_t block, const BlockInfo& info);
  void find_any(const KvHolding& request, std::uint32_t most);
  void order_by_hits(KvHolding& request) const;
  void order_by_prompt(KvHolding& request);
  std::uint32_t find_private(const KvHolding& request, std::uint32_t position) const;

  std::uint32_t capacity_;
  std::uint32_t block_size_;
  std::uint32_t used_ = 0;
  std::uint32_t cached_ = 0;  // without users, with content
  std::uint64_t evictions_ = 0;
  std::unique_ptr<Eviction> eviction_;
  std::unique_ptr<CacheAdmission> admission_;
  std::unique_ptr<RequestOracle> oracle_;
  BlockWorth worth_;
  Records* records_;
  std::uint16_t replica_;
  bool any_block_;
  bool unnamed_queue_ = false;  // the policy queues unnamed blocks too
  Draws draws_;
  bool keeps_infos_ = false;
  bool remembers_ = false;
  bool open_ = false;
  // By block, as far as they were ever used: `fresh_` and those behind it never were.
  std::vector<Block> blocks_;
  std::vector<NamedBlock> infos_;   // where someone asks for them
  std::vector<CachedBlock> notes_;  // where they are remembered
  std::uint32_t fresh_ = 0;
  std::vector<std::uint32_t> unnamed_;  // free and without content, taken first
  PrefixIndex index_;
  std::vector<std::uint32_t> found_;     // by the latest lookup
  std::vector<std::uint32_t> found_at_;  // their positions, with any_block
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sorting_;
  std::unique_ptr<LowerTiers> below_;
  FetchPlan fetch_;
  std::uint32_t noted_ = 0;
};

}  // namespace kvern
