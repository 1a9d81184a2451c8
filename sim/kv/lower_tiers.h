// The tiers below GPU memory of one replica, nearest first: blocks sink from one to the next, and
// requests fetch from any.
//
// A block that leaves a tier (GPU memory is the uppermost) is offered to the next one below:
// written back there if that has no copy and keeps it. A tier that is written through gets its copy
// when the block has come to the tier above, so that nothing moves when it leaves. What is fetched
// stays where it was, too. Its place above is free as soon as a block leaves (as if staged); below
// it can be found when it has arrived. One flow at a time writes to a tier: what leaves meanwhile
// goes with the next. A block without a name of the trace can't be asked for again, and does not
// move.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/kv/below_slot.h"
#include "sim/kv/block_worth.h"
#include "sim/kv/tier.h"
#include "sim/records.h"
#include "sim/timeline/flows.h"

namespace kvern {

struct LowerTiersSetup {
  std::vector<TierSetup> tiers;
  BlockWorth worth;                        // of a block of the pool; bytes known
  std::int64_t femtojoules_per_byte = -1;  // in or out of GPU memory; -1: not known
  const FutureRequests* future = nullptr;  // for clairvoyant policies
  Flows* flows = nullptr;
  Records* eviction_rows = nullptr;  // null: counts only
  std::uint16_t replica = 0;
};

class LowerTiers {
 public:
  explicit LowerTiers(LowerTiersSetup setup);

  std::size_t count() const { return tiers_.size(); }
  const Tier& tier(std::size_t i) const { return *tiers_[i]; }
  // Some tier lets queued requests fetch.
  bool prefetches() const { return prefetches_; }

  // --- what happens in GPU memory -----------------------------------------------------------
  void asked(std::uint64_t content, SimTime now);
  void serve(RequestId request);
  // Named in a step that is about to run.
  void filling(const NamedBlock& block);
  // That step is over.
  void filled(SimTime now);
  // Its content goes.
  void left(const NamedBlock& block, SimTime now) { offer(0, block, now, false); }
  // Writes that wait for a link set out; after each change above, and at ends of transfers.
  void send(SimTime now);

  // --- fetching -----------------------------------------------------------------------------
  // The nearest tier that holds it.
  BelowSlot find(std::uint32_t name) const;
  // Whether the next run of `blocks` blocks in one tier is fetched, given those said yes to since
  // begin_choice().
  void begin_choice();
  bool chooses(std::uint8_t tier, std::uint32_t depth, std::uint32_t blocks);
  // Between the two the block keeps its place.
  void read(const BelowSlot& at, SimTime now) { tiers_[at.tier]->read(at.slot, now); }
  void read_over(const BelowSlot& at, SimTime now) { tiers_[at.tier]->read_over(at.slot, now); }
  // `blocks` blocks come up from a tier for a request.
  void fetch(std::uint8_t tier, std::uint32_t blocks, Slot slot, RequestId request, SimTime now);

  // The end of a write to its tier.
  void written(const Transfer& transfer, SimTime now);
  std::string broken_law() const;

 private:
  struct Writing {
    std::vector<std::uint32_t> waiting;  // slots that hold a place, not yet sent
    std::vector<std::uint32_t> moving;
  };
  void offer(std::size_t tier, const NamedBlock& block, SimTime now, bool arrived_above);
  std::int64_t board_picojoules(std::uint64_t bytes) const;
  SimTime link_ns(const TierSetup& tier, std::uint64_t bytes) const;

  LowerTiersSetup setup_;
  std::vector<std::unique_ptr<Tier>> tiers_;
  std::vector<Writing> writing_;             // by tier
  std::vector<NamedBlock> filling_;          // by the step under way; for a tier written through
  std::vector<std::uint64_t> chosen_bytes_;  // by tier, since begin_choice()
  SimTime chosen_wait_ = 0;
  bool prefetches_ = false;
};

}  // namespace kvern
