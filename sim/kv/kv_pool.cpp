#include "sim/kv/kv_pool.h"

#include <algorithm>
#include <utility>

#ifdef KVERN_SELF_CHECKS
#include "sim/cache/checked_eviction.h"
#endif

namespace kvern {

KvPool::KvPool(KvPoolSetup setup)
    : capacity_(setup.capacity),
      block_size_(setup.block_size),
      eviction_(std::move(setup.eviction)),
      admission_(std::move(setup.admission)),
      worth_(setup.worth),
      records_(setup.records),
      replica_(setup.replica),
      any_block_(setup.any_block),
      draws_(setup.draws),
      below_(std::move(setup.below)) {
  if (!eviction_) return;
#ifdef KVERN_SELF_CHECKS
  eviction_ = std::make_unique<CheckedEviction>(std::move(eviction_));
#endif
  if (setup.future != nullptr && eviction_->clairvoyant()) {
    oracle_ = std::make_unique<RequestOracle>(*setup.future);
    eviction_->foresee(*oracle_);
  }
  keeps_infos_ = admission_ || below_;
  unnamed_queue_ = eviction_->queues_unnamed();
}

// With its first block: memory follows what a replica uses, not what it might.
void KvPool::open() {
  open_ = true;
  eviction_->prepare(capacity_, draws_);
  if (admission_) admission_->prepare(capacity_, draws_);
  if (!unnamed_queue_) return;
  reach(capacity_);
  fresh_ = capacity_;
  for (std::uint32_t block = 0; block < capacity_; ++block) {
    eviction_->released(BlockId{block}, 0);
  }
}

// The arrays double.
void KvPool::reach(std::uint32_t blocks) {
  if (blocks <= blocks_.size()) return;
  const std::size_t doubled = std::max<std::size_t>(64, 2 * blocks_.size());
  const std::size_t size = std::max<std::size_t>(blocks, std::min<std::size_t>(doubled, capacity_));
  blocks_.resize(size);
  if (keeps_infos_) infos_.resize(size);
  if (remembers_) notes_.resize(size);
  index_.reach(static_cast<std::uint32_t>(size));
}

// Its content is gone; so is its place among the policy's blocks.
void KvPool::forget(std::uint32_t block) {
  eviction_->removed(BlockId{block});
  Block& state = blocks_[block];
  if (state.content == Content::Shared) index_.erase(block);
  state.content = Content::None;
  state.kept = false;
  ++state.stamp;
}

// Its content may go on below.
void KvPool::lose(std::uint32_t block, SimTime now) {
  if (below_ && blocks_[block].content == Content::Shared) below_->left(infos_[block], now);
  forget(block);
}

void KvPool::evict(std::uint32_t block, SimTime now) {
  const Block& state = blocks_[block];
  if (state.content == Content::None) {  // it queued for being free alone
    eviction_->removed(BlockId{block});
    return;
  }
  ++evictions_;
  --cached_;
  if (records_ != nullptr) {
    records_->eviction({now, replica_, 0, block, now - state.idle_since});
  }
  lose(block, now);
}

bool KvPool::worth_keeping(std::uint32_t block, SimTime now) {
  std::uint64_t victim = kNoContent;
  // Idle blocks are those of the policy, the unnamed ones and this one.
  if (admission_->compares() && unnamed() == 0 && free() > 1) {
    const std::uint32_t next = index(eviction_->victim(now));
    if (blocks_[next].content != Content::None) victim = infos_[next].info.content;
  }
  return admission_->keeps(infos_[block].info, victim, now);
}

// Its last user left it.
void KvPool::leave(std::uint32_t block, bool resumes, SimTime now) {
  Block& state = blocks_[block];
  --used_;
  state.idle_since = now;
  if (admission_ && state.content != Content::None && !state.kept && !resumes) {
    state.kept = worth_keeping(block, now);
    if (!state.kept) {
      lose(block, now);
      unnamed_.push_back(block);
      return;
    }
  }
  cached_ += state.content != Content::None ? 1 : 0;
  if (state.content == Content::None && !unnamed_queue_) {
    unnamed_.push_back(block);
  } else {
    eviction_->released(BlockId{block}, now);
  }
}

std::uint32_t KvPool::take_unnamed() {
  if (unnamed_.empty()) {
    reach(fresh_ + 1);
    return fresh_++;
  }
  const std::uint32_t block = unnamed_.back();
  unnamed_.pop_back();
  return block;
}

std::uint32_t KvPool::take(SimTime now) {
  if (!open_) open();
  std::uint32_t block = kNoBlock;
  if (unnamed() > 0) {
    block = take_unnamed();
  } else {
    block = index(eviction_->victim(now));
    evict(block, now);
  }
  blocks_[block].users = 1;
  return block;
}

void KvPool::grow(KvHolding& request, std::uint32_t blocks, SimTime now) {
  used_ += blocks;
  if (!eviction_) return;
  for (std::uint32_t i = 0; i < blocks; ++i) request.blocks.push_back(take(now));
}

void KvPool::announce(const KvHolding& request, std::uint32_t position, std::uint64_t content,
                      SimTime now) {
  const std::uint32_t block = request.blocks[position];
  BlockInfo info;
  info.content = content;
  info.depth = request.position_of(position);
  if (info.depth > 0 && info.depth <= request.order.size()) {  // the one before lies elsewhere
    info.parent = index_.find(request.block_ids[info.depth - 1]);
  } else if (position > 0) {
    info.parent = request.blocks[position - 1];
  }
  info.tokens = block_size_;
  info.bytes = worth_.bytes;
  info.recompute_cost_ns = worth_.recompute_ns(info.depth);
  info.tenant = request.tenant;
  info.category = request.category;
  info.request_tokens = request.prompt;
  if (remembers_) note(block, info);
  if (keeps_infos_) {
    const bool follows = info.depth > 0 && info.depth <= request.ids;
    infos_[block] = {info, follows ? request.block_ids[info.depth - 1] : NamedBlock::kNoName};
  }
  if (admission_) admission_->asked(content, now);
  if (below_ && blocks_[block].content == Content::Shared) {
    below_->asked(content, now);
    below_->filling(infos_[block]);
  }
  eviction_->inserted(BlockId{block}, info, now);
  eviction_->pinned(BlockId{block});
}

void KvPool::name_full(KvHolding& request, std::uint32_t full, SimTime now) {
  if (!eviction_) return;
  const std::uint32_t upto = std::min(full, request.ids);
  for (; request.named < upto; ++request.named) {
    const std::uint32_t name = request.block_ids[request.position_of(request.named)];
    const std::uint32_t block = request.blocks[request.named];
    blocks_[block].content = Content::Shared;
    index_.insert(block, name);
    announce(request, request.named, name, now);
  }
}

void KvPool::unname(KvHolding& request, std::uint32_t full) {
  if (!eviction_) return;
  for (; request.named > full; --request.named) forget(request.blocks[request.named - 1]);
}

SimTime KvPool::recompute_ns(std::uint32_t blocks) const {
  std::uint64_t sum = 0;
  for (std::uint32_t depth = 0; depth < blocks; ++depth) sum += worth_.recompute_ns(depth);
  return static_cast<SimTime>(sum);
}

std::uint32_t KvPool::find_private(const KvHolding& request, std::uint32_t position) const {
  auto kept = std::lower_bound(
      request.retained.begin(), request.retained.end(), position,
      [](const RetainedBlock& a, std::uint32_t wanted) { return a.position < wanted; });
  for (; kept != request.retained.end() && kept->position == position; ++kept) {
    if (blocks_[kept->block].stamp == kept->stamp) return kept->block;
  }
  return kNoBlock;
}

void KvPool::find_any(const KvHolding& request, std::uint32_t most) {
  found_at_.clear();
  for (std::uint32_t i = 0; i < most; ++i) {
    const std::uint32_t block = index_.find(request.block_ids[i]);
    if (block == kNoBlock) continue;
    found_.push_back(block);
    found_at_.push_back(i);
  }
}

// What was found comes first; the rest, to be computed, keeps its order.
void KvPool::order_by_hits(KvHolding& request) const {
  if (found_at_.empty() || found_at_.back() + 1 == found_at_.size()) return;  // no gap
  request.order = found_at_;
  auto next = found_at_.begin();
  for (std::uint32_t i = 0; i < request.ids; ++i) {
    if (next != found_at_.end() && *next == i) {
      ++next;
    } else {
      request.order.push_back(i);
    }
  }
}

// As the prompt has them, so that its end is free first.
void KvPool::order_by_prompt(KvHolding& request) {
  if (request.order.empty()) return;
  sorting_.clear();
  for (std::uint32_t i = 0; i < request.blocks.size(); ++i) {
    sorting_.emplace_back(request.position_of(i), request.blocks[i]);
  }
  std::sort(sorting_.begin(), sorting_.end());
  for (std::size_t i = 0; i < sorting_.size(); ++i) request.blocks[i] = sorting_[i].second;
  request.order.clear();
}

PrefixHits KvPool::lookup(const KvHolding& request, std::uint32_t tokens) {
  PrefixHits hits;
  found_.clear();
  if (!eviction_) return hits;
  const std::uint32_t most = (tokens - 1) / block_size_;
  std::uint32_t i = 0;
  if (any_block_) {
    find_any(request, std::min(most, request.ids));
    // Its own unnamed blocks count where nothing before them is missing.
    i = found_.size() == request.ids ? request.ids : most;
    for (const std::uint32_t block : found_) hits.idle += blocks_[block].users == 0 ? 1 : 0;
  }
  for (; i < most; ++i) {
    const std::uint32_t block =
        i < request.ids ? index_.find(request.block_ids[i]) : find_private(request, i);
    if (block == kNoBlock) break;
    found_.push_back(block);
    hits.idle += blocks_[block].users == 0 ? 1 : 0;
  }
  hits.blocks = static_cast<std::uint32_t>(found_.size());
  return hits;
}

// A cached block gets one more user.
void KvPool::hold(std::uint32_t block, SimTime now) {
  if (blocks_[block].users++ == 0) {
    ++used_;
    --cached_;
    eviction_->pinned(BlockId{block});
  }
  if (remembers_) ++notes_[block].hits;
  if (keeps_infos_) {
    if (admission_) admission_->asked(infos_[block].info.content, now);
    if (below_) below_->asked(infos_[block].info.content, now);
  }
  eviction_->touched(BlockId{block}, now);
}

void KvPool::take_hits(KvHolding& request, SimTime now) {
  if (oracle_) oracle_->serve(request.id);
  if (any_block_) order_by_hits(request);
  if (below_) below_->serve(request.id);
  for (const std::uint32_t block : found_) {
    hold(block, now);
    request.blocks.push_back(block);
  }
  request.held = static_cast<std::uint32_t>(found_.size());
  request.named = std::min(request.held, request.ids);
  found_.clear();
}

void KvPool::release(KvHolding& request, bool resumes, SimTime now) {
  if (!eviction_) {
    used_ -= request.held;
    request.held = 0;
    return;
  }
  const std::uint32_t full = request.computed / block_size_;
  for (std::uint32_t i = request.ids; i < full; ++i) {
    Block& block = blocks_[request.blocks[i]];
    if (block.content != Content::None) continue;  // a hit of its own resumption
    block.content = Content::Private;
    announce(request, i, (std::uint64_t{1} << 63) | (std::uint64_t{index(request.id)} << 31) | i,
             now);
    if (resumes) request.retained.push_back({i, request.blocks[i], block.stamp});
  }
  if (resumes) {  // by position, older first: the order in which a lookup tries them
    std::erase_if(request.retained, [this](const RetainedBlock& kept) {
      return blocks_[kept.block].stamp != kept.stamp;
    });
    std::stable_sort(request.retained.begin(), request.retained.end(),
                     [](const auto& a, const auto& b) { return a.position < b.position; });
  }
  order_by_prompt(request);
  for (std::size_t i = request.blocks.size(); i > 0; --i) {
    const std::uint32_t block = request.blocks[i - 1];
    if (--blocks_[block].users == 0) leave(block, resumes, now);
  }
  request.blocks.clear();
  request.held = 0;
  request.named = 0;
  if (!resumes) request.retained.clear();
}

std::string KvPool::broken_law() const {
  if (used_ > capacity_) {
    return std::to_string(used_) + " blocks used of " + std::to_string(capacity_);
  }
  if (!eviction_) return {};
  if (below_) {
    std::string broken = below_->broken_law();
    if (!broken.empty()) return broken;
  }
  const auto users = std::count_if(blocks_.begin(), blocks_.end(),
                                   [](const Block& block) { return block.users > 0; });
  const auto cached = std::count_if(blocks_.begin(), blocks_.end(), [](const Block& block) {
    return block.users == 0 && block.content != Content::None;
  });
  if (cached != static_cast<std::ptrdiff_t>(cached_)) {
    return std::to_string(cached) + " idle blocks have content, " + std::to_string(cached_) +
           " are counted";
  }
  if (users == static_cast<std::ptrdiff_t>(used_)) return {};
  return std::to_string(users) + " blocks have users, " + std::to_string(used_) + " are counted";
}

}  // namespace kvern
