// The prefix cache of a pool as a whole: taken out at the end of a run, put in before another one,
// lost when the replica fails.
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

}  // namespace kvern
