// A cached prefix that goes on in lower tiers: what to fetch of it, and the fetch.
#include <algorithm>

#include "sim/kv/kv_pool.h"

namespace kvern {

const FetchPlan& KvPool::plan_fetch(const KvHolding& request, std::uint32_t tokens) {
  fetch_ = {std::move(fetch_.blocks), 0, 0, true};
  fetch_.blocks.clear();
  const auto resident = [&](std::uint32_t block) {
    fetch_.need += blocks_[block].users == 0 ? 1 : 0;
    fetch_.blocks.push_back({block, {}});
  };
  for (const std::uint32_t block : found_) resident(block);
  below_->begin_choice();
  // The last token is always computed, as in lookup().
  const std::uint32_t most = (tokens - 1) / block_size_;
  const auto find = [&](std::uint32_t position) {
    FetchPlan::Block at;
    at.resident = position < request.ids ? index_.find(request.block_ids[position])
                                         : find_private(request, position);
    if (at.resident == kNoBlock && position < request.ids) {
      at.below = below_->find(request.block_ids[position]);
    }
    return at;
  };
  for (auto i = static_cast<std::uint32_t>(found_.size()); i < most;) {
    FetchPlan::Block at = find(i);
    if (at.resident != kNoBlock) {
      resident(at.resident);
      ++i;
      continue;
    }
    if (!at.below.found()) break;
    // A run of neighbours in one tier.
    const std::uint32_t first = i;
    const std::uint8_t tier = at.below.tier;
    const std::size_t before = fetch_.blocks.size();
    while (at.below.found() && at.below.tier == tier) {
      fetch_.blocks.push_back(at);
      at = ++i < most ? find(i) : FetchPlan::Block{};
    }
    if (!below_->chooses(tier, first, i - first)) {
      fetch_.blocks.resize(before);
      break;
    }
    fetch_.fetched += i - first;
    fetch_.prefetch = fetch_.prefetch && below_->tier(tier).setup().prefetch;
  }
  fetch_.need += fetch_.fetched;
  return fetch_;
}

void KvPool::begin_fetch(KvHolding& request, Slot slot, SimTime now) {
  if (oracle_) oracle_->serve(request.id);
  below_->serve(request.id);
  // Nothing of it may go for the sake of the rest.
  for (const FetchPlan::Block& block : fetch_.blocks) {
    if (block.below.found()) {
      below_->read(block.below, now);
      request.fetching.push_back(block.below);
    } else {
      hold(block.resident, now);
    }
  }
  used_ += fetch_.fetched;
  for (const FetchPlan::Block& block : fetch_.blocks) {
    request.blocks.push_back(block.below.found() ? take(now) : block.resident);
  }
  request.held = static_cast<std::uint32_t>(fetch_.blocks.size());
  for (std::size_t i = 0; i < below_->count(); ++i) {
    const auto tier = static_cast<std::uint8_t>(i);
    const auto blocks = std::count_if(request.fetching.begin(), request.fetching.end(),
                                      [tier](const BelowSlot& at) { return at.tier == tier; });
    if (blocks == 0) continue;
    ++request.transfers;
    below_->fetch(tier, static_cast<std::uint32_t>(blocks), slot, request.id, now);
  }
}

bool KvPool::fetched(KvHolding& request, std::uint8_t tier, SimTime now) {
  for (const BelowSlot& at : request.fetching) {
    if (at.tier == tier) below_->read_over(at, now);
  }
  if (--request.transfers > 0) return false;
  request.fetching.clear();
  for (std::uint32_t i = 0; i < request.held; ++i) {
    const std::uint32_t block = request.blocks[i];
    if (blocks_[block].content != Content::None) continue;  // it was here
    blocks_[block].content = Content::Shared;
    index_.insert(block, request.block_ids[i]);
    announce(request, i, request.block_ids[i], now);
  }
  request.named = std::min(request.held, request.ids);
  return true;
}

}  // namespace kvern
