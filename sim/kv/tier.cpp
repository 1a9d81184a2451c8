#include "sim/kv/tier.h"

#include <algorithm>
#include <utility>

#ifdef KVERN_SELF_CHECKS
#include "sim/cache/checked_eviction.h"
#endif

namespace kvern {

Tier::Tier(TierSetup setup, const FutureRequests* future) : setup_(std::move(setup)) {
#ifdef KVERN_SELF_CHECKS
  setup_.eviction = std::make_unique<CheckedEviction>(std::move(setup_.eviction));
#endif
  if (future != nullptr && setup_.eviction->clairvoyant()) {
    oracle_ = std::make_unique<RequestOracle>(*future);
    setup_.eviction->foresee(*oracle_);
  }
}

// With its first block: a replica that never evicts costs nothing.
void Tier::open() {
  setup_.eviction->prepare(setup_.capacity, setup_.draws);
  if (setup_.admission) setup_.admission->prepare(setup_.capacity, setup_.draws);
  open_ = true;
}

void Tier::asked(std::uint64_t content, SimTime now) {
  if (!setup_.admission) return;
  if (!open_) open();
  setup_.admission->asked(content, now);
}

void Tier::serve(RequestId request) {
  if (oracle_) oracle_->serve(request);
}

std::uint32_t Tier::find(std::uint32_t name) const {
  const std::uint32_t slot = index_.find(name);
  return slot != kNoBlock && slots_[slot].state == State::Here ? slot : kNoBlock;
}

// As in a cache-only replay: the policy may leave it out, the admission may compare it with what
// would go. `victim` stays kNoBlock while there is room.
bool Tier::worth_a_place(const BlockInfo& info, SimTime now, std::uint32_t& victim) {
  const bool full = free_.empty() && slots_.size() == setup_.capacity;
  if (full && idle_ == 0) return false;
  CacheAdmission* const admission = setup_.admission.get();
  const bool compares = admission != nullptr && full && admission->compares();
  if (admission != nullptr && !compares && !admission->keeps(info, kNoContent, now)) return false;
  if (!full) return true;
  if (!setup_.eviction->wants(info, now)) return false;
  victim = index(setup_.eviction->victim(now));
  return !compares || admission->keeps(info, slots_[victim].block.info.content, now);
}

Tier::Evicted Tier::evict(std::uint32_t slot, SimTime now) {
  Slot& state = slots_[slot];
  setup_.eviction->removed(BlockId{slot});
  index_.erase(slot);
  state.state = State::Free;
  free_.push_back(slot);
  --idle_;
  ++evictions_;
  return {slot, now - state.idle_since, state.block};
}

std::uint32_t Tier::reserve(const NamedBlock& block, SimTime now, std::optional<Evicted>& evicted) {
  if (!open_) open();
  std::uint32_t victim = kNoBlock;
  if (!worth_a_place(block.info, now, victim)) return kNoBlock;
  if (victim != kNoBlock) evicted = evict(victim, now);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    index_.reach(static_cast<std::uint32_t>(slots_.capacity()));
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot] = {block, State::Coming, 0, now};
  index_.insert(slot, block.name());
  BlockInfo info = block.info;
  info.parent = block.parent == NamedBlock::kNoName ? kNoBlock : index_.find(block.parent);
  setup_.eviction->inserted(BlockId{slot}, info, now);
  setup_.eviction->pinned(BlockId{slot});
  return slot;
}

void Tier::arrived(std::uint32_t slot, SimTime now) {
  slots_[slot].state = State::Here;
  slots_[slot].idle_since = now;
  ++idle_;
  setup_.eviction->released(BlockId{slot}, now);
}

void Tier::read(std::uint32_t slot, SimTime now) {
  if (slots_[slot].readers++ == 0) {
    --idle_;
    setup_.eviction->pinned(BlockId{slot});
  }
  setup_.eviction->touched(BlockId{slot}, now);
}

void Tier::read_over(std::uint32_t slot, SimTime now) {
  if (--slots_[slot].readers > 0) return;
  ++idle_;
  slots_[slot].idle_since = now;
  setup_.eviction->released(BlockId{slot}, now);
}

std::string Tier::broken_law() const {
  std::uint32_t free = setup_.capacity - static_cast<std::uint32_t>(slots_.size());
  std::uint32_t idle = 0;
  std::uint32_t held = 0;
  for (const Slot& slot : slots_) {
    free += slot.state == State::Free ? 1 : 0;
    held += slot.state != State::Free ? 1 : 0;
    idle += slot.state == State::Here && slot.readers == 0 ? 1 : 0;
  }
  const std::size_t unused = free_.size() + setup_.capacity - slots_.size();
  if (free == unused && free + held == setup_.capacity && idle == idle_) return {};
  return "tier " + setup_.name + ": " + std::to_string(free) + " free of which " +
         std::to_string(unused) + " are counted, " + std::to_string(held) + " held of which " +
         std::to_string(idle) + " idle (counted " + std::to_string(idle_) + "), of " +
         std::to_string(setup_.capacity);
}

}  // namespace kvern
