// How what a pool caches comes and goes: the whole of it is taken out at the end of a run, put in
// before another one, lost when the replica fails; a prefix that goes on in lower tiers is fetched.
#include <algorithm>
#include <tuple>

#include "sim/kv/kv_pool.h"

namespace kvern {

void KvPool::remember_blocks() { remembers_ = eviction_ != nullptr; }

void KvPool::note(std::uint32_t block, const BlockInfo& info) {
  CachedBlock& note = notes_[block];
  note = {};
  if (blocks_[block].content == Content::Shared) {
    note.name = static_cast<std::uint32_t>(info.content);
  }
  if (info.parent != kNoBlock) note.parent = notes_[info.parent].name;
  note.depth = info.depth;
  note.tokens = info.tokens;
  note.request_tokens = info.request_tokens;
  note.recompute_cost_ns = info.recompute_cost_ns;
  note.tenant = info.tenant;
  note.category = info.category;
  note.order = noted_++;
}

CacheState KvPool::unload(SimTime now) {
  CacheState state;
  if (!eviction_) return state;
  if (!open_) open();
  const auto keep = [&](std::uint32_t block) {
    const bool named = blocks_[block].content == Content::Shared;
    state.push_back(named ? notes_[block] : CachedBlock{});
  };
  std::uint32_t candidates = 0;
  std::vector<std::uint32_t> used;  // by requests that a stop cut short
  for (std::uint32_t block = 0; block < fresh_; ++block) {
    const bool named = blocks_[block].content != Content::None;
    if (blocks_[block].users == 0 && (named || unnamed_queue_)) ++candidates;
    if (blocks_[block].users > 0 && blocks_[block].content == Content::Shared) {
      used.push_back(block);
    }
  }
  // Those that the admission refused are free, not queued.
  if (unnamed_queue_) candidates -= static_cast<std::uint32_t>(unnamed_.size());
  for (; candidates > 0; --candidates) {
    const std::uint32_t block = index(eviction_->victim(now));
    eviction_->removed(BlockId{block});
    keep(block);
    if (blocks_[block].content == Content::Shared) index_.erase(block);
    blocks_[block].content = Content::None;
  }
  // As if they ended now, tails first.
  std::sort(used.begin(), used.end(), [this](std::uint32_t a, std::uint32_t b) {
    return std::tuple(notes_[b].depth, a) < std::tuple(notes_[a].depth, b);
  });
  for (const std::uint32_t block : used) keep(block);
  return state;
}

void KvPool::load(const CacheState& saved) {
  if (!eviction_) return;
  if (!open_) open();
  // In a smaller pool what would be evicted first is gone already.
  const std::size_t skip = saved.size() - std::min<std::size_t>(saved.size(), capacity_);
  const std::size_t count = saved.size() - skip;
  std::vector<std::uint32_t> slots(count, kNoBlock);
  std::vector<std::uint32_t> named;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool has_name = saved[skip + i].name != CachedBlock::kNoName;
    if (has_name) named.push_back(i);
    if (unnamed_queue_) {
      slots[i] = index(eviction_->victim(0));
      eviction_->removed(BlockId{slots[i]});
    } else if (has_name) {
      slots[i] = take_unnamed();
    }
  }
  // Named in the order of old, heads before tails ...
  std::sort(named.begin(), named.end(), [&](std::uint32_t a, std::uint32_t b) {
    return saved[skip + a].order < saved[skip + b].order;
  });
  for (const std::uint32_t i : named) {
    const CachedBlock& block = saved[skip + i];
    BlockInfo info;
    info.content = block.name;
    if (block.parent != CachedBlock::kNoName) info.parent = index_.find(block.parent);
    info.depth = block.depth;
    info.tokens = block.tokens;
    info.request_tokens = block.request_tokens;
    info.bytes = worth_.bytes;
    info.recompute_cost_ns = block.recompute_cost_ns;
    info.tenant = block.tenant;
    info.category = block.category;
    blocks_[slots[i]].content = Content::Shared;
    blocks_[slots[i]].kept = true;
    if (keeps_infos_) infos_[slots[i]] = {info, block.parent};
    ++cached_;
    index_.insert(slots[i], block.name);
    eviction_->inserted(BlockId{slots[i]}, info, 0);
    eviction_->pinned(BlockId{slots[i]});
    for (std::uint32_t hit = 0; hit < block.hits; ++hit) eviction_->touched(BlockId{slots[i]}, 0);
    if (remembers_) {
      note(slots[i], info);
      notes_[slots[i]].hits = block.hits;
    }
  }
  // ... and left in the order of eviction.
  for (const std::uint32_t slot : slots) {
    if (slot != kNoBlock) eviction_->released(BlockId{slot}, 0);
  }
}

void KvPool::lose_all(SimTime now) {
  for (std::uint32_t block = 0; block < fresh_; ++block) {
    if (blocks_[block].users > 0 || blocks_[block].content == Content::None) continue;
    forget(block);
    if (unnamed_queue_) {
      eviction_->released(BlockId{block}, now);
    } else {
      unnamed_.push_back(block);
    }
  }
  cached_ = 0;
}

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
