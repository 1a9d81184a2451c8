#include "sim/kv/lower_tiers.h"

#include <algorithm>
#include <utility>

#include "sim/base/exact_math.h"
#include "sim/ledger.h"

namespace kvern {

LowerTiers::LowerTiers(LowerTiersSetup setup)
    : setup_(std::move(setup)), writing_(setup_.tiers.size()), chosen_bytes_(setup_.tiers.size()) {
  for (TierSetup& tier : setup_.tiers) {
    prefetches_ = prefetches_ || tier.prefetch;
    tiers_.push_back(std::make_unique<Tier>(std::move(tier), setup_.future));
  }
}

void LowerTiers::asked(std::uint64_t content, SimTime now) {
  for (const auto& tier : tiers_) tier->asked(content, now);
}

void LowerTiers::serve(RequestId request) {
  for (const auto& tier : tiers_) tier->serve(request);
}

void LowerTiers::filling(const NamedBlock& block) {
  if (tiers_.front()->writes_through()) filling_.push_back(block);
}

void LowerTiers::filled(SimTime now) {
  for (const NamedBlock& block : filling_) offer(0, block, now, true);
  filling_.clear();
}

// A block has come to the tier above (`arrived_above`) or leaves it: one of the two is this tier's
// moment to take a copy.
void LowerTiers::offer(std::size_t number, const NamedBlock& block, SimTime now,
                       bool arrived_above) {
  if (number == tiers_.size()) return;
  Tier& tier = *tiers_[number];
  if (tier.writes_through() != arrived_above || tier.knows(block.name())) return;
  std::optional<Tier::Evicted> evicted;
  const std::uint32_t slot = tier.reserve(block, now, evicted);
  if (slot != kNoBlock) writing_[number].waiting.push_back(slot);
  if (!evicted) return;
  if (setup_.eviction_rows != nullptr) {
    setup_.eviction_rows->eviction(
        {now, setup_.replica, static_cast<std::uint8_t>(number + 1), evicted->slot, evicted->idle});
  }
  offer(number + 1, evicted->block, now, false);
}

void LowerTiers::send(SimTime now) {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    Writing& writing = writing_[i];
    if (writing.waiting.empty() || !writing.moving.empty()) continue;
    writing.moving.swap(writing.waiting);
    Transfer transfer;
    transfer.kind = TransferKind::Demote;
    transfer.replica = setup_.replica;
    transfer.tier = static_cast<std::uint8_t>(i + 1);
    transfer.bytes = std::uint64_t{setup_.worth.bytes} * writing.moving.size();
    // Between two lower tiers nothing passes the boards.
    transfer.picojoules = i == 0 ? board_picojoules(transfer.bytes) : 0;
    setup_.flows->start(tiers_[i]->setup().down, transfer, now);
  }
}

void LowerTiers::written(const Transfer& transfer, SimTime now) {
  const std::size_t number = transfer.tier - std::size_t{1};
  Tier& tier = *tiers_[number];
  for (const std::uint32_t slot : writing_[number].moving) {
    tier.arrived(slot, now);
    offer(number + 1, tier.block(slot), now, true);
  }
  writing_[number].moving.clear();
  send(now);
}

BelowSlot LowerTiers::find(std::uint32_t name) const {
  for (std::size_t i = 0; i < tiers_.size(); ++i) {
    const std::uint32_t slot = tiers_[i]->find(name);
    if (slot != kNoBlock) return {static_cast<std::uint8_t>(i), slot};
  }
  return {};
}

std::int64_t LowerTiers::board_picojoules(std::uint64_t bytes) const {
  if (setup_.femtojoules_per_byte < 0) return -1;
  return static_cast<std::int64_t>(Int128{bytes} * setup_.femtojoules_per_byte / 1000);
}

// As the timeline has it for a flow that is alone.
SimTime LowerTiers::link_ns(const TierSetup& tier, std::uint64_t bytes) const {
  const Int128 rate = exact::nearest_whole(tier.bandwidth.value);
  return tier.latency.ns + static_cast<SimTime>((Int128{bytes} * kSecond + rate - 1) / rate);
}

void LowerTiers::begin_choice() {
  std::fill(chosen_bytes_.begin(), chosen_bytes_.end(), 0);
  chosen_wait_ = 0;
}

bool LowerTiers::chooses(std::uint8_t tier, std::uint32_t depth, std::uint32_t blocks) {
  const TierSetup& from = tiers_[tier]->setup();
  FetchOffer offer;
  offer.depth = depth;
  offer.blocks = blocks;
  offer.bytes = std::uint64_t{setup_.worth.bytes} * blocks;
  const SimTime wait = std::max(chosen_wait_, link_ns(from, chosen_bytes_[tier] + offer.bytes));
  offer.fetch_ns = wait - chosen_wait_;
  offer.compute_ns = setup_.worth.ticks_by_depth.sum(depth, blocks) >> kTickBits;
  offer.joules_known = setup_.worth.joules_known && setup_.femtojoules_per_byte >= 0;
  if (offer.joules_known) {
    offer.fetch_picojoules = board_picojoules(offer.bytes);
    offer.compute_picojoules = setup_.worth.picojoules_by_depth.sum(depth, blocks);
  }
  if (!from.fetch->fetches(offer)) return false;
  chosen_bytes_[tier] += offer.bytes;
  chosen_wait_ = wait;
  return true;
}

void LowerTiers::fetch(std::uint8_t tier, std::uint32_t blocks, Slot slot, RequestId request,
                       SimTime now) {
  Transfer transfer;
  transfer.kind = TransferKind::Fetch;
  transfer.replica = setup_.replica;
  transfer.tier = static_cast<std::uint8_t>(tier + 1);
  transfer.slot = slot;
  transfer.request = index(request);
  transfer.bytes = std::uint64_t{setup_.worth.bytes} * blocks;
  transfer.picojoules = board_picojoules(transfer.bytes);
  setup_.flows->start(tiers_[tier]->setup().up, transfer, now);
}

std::string LowerTiers::broken_law() const {
  for (const auto& tier : tiers_) {
    std::string broken = tier->broken_law();
    if (!broken.empty()) return broken;
  }
  return {};
}

}  // namespace kvern
