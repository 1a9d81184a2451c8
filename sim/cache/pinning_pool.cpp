#include "sim/cache/pinning_pool.h"

#include <utility>

#include "sim/law.h"

namespace kvern {

PinningPool::PinningPool(const CacheTrace& trace, std::span<const std::uint32_t> next,
                         std::uint32_t capacity, std::uint32_t in_flight, std::uint32_t asks,
                         CheckedEviction& policy)
    : trace_(trace),
      oracle_(trace.distinct, next),
      policy_(policy),
      in_flight_(in_flight),
      asks_(asks),
      slots_(capacity),
      by_id_(trace.distinct, kNoBlock) {
  if (policy.clairvoyant()) policy.foresee(oracle_);
  policy.prepare(capacity, {});
  for (std::uint32_t slot = capacity; slot > 0; --slot) {
    if (policy.queues_unnamed()) {
      policy.released(BlockId{slot - 1}, 0);
    } else {
      free_.push_back(slot - 1);
    }
  }
}

std::uint32_t PinningPool::draw(std::uint32_t below) {
  return static_cast<std::uint32_t>(stream_.bits() >> 33) % below;
}

std::uint32_t PinningPool::victim() {
  const std::uint32_t slot = index(policy_.victim(now_));
  for (std::uint32_t again = 1; again < asks_; ++again) {
    if (index(policy_.victim(now_)) != slot)
      throw LawBroken(2, now_, "asked again it changes its mind");
  }
  result_.victims.push_back(slot);
  return slot;
}

std::uint32_t PinningPool::take() {
  if (!free_.empty()) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  if (policy_.candidates() == 0) return kNoBlock;
  const std::uint32_t slot = victim();
  policy_.removed(BlockId{slot});
  if (slots_[slot].id != kNoBlock) by_id_[slots_[slot].id] = kNoBlock;
  slots_[slot].id = kNoBlock;
  return slot;
}

// In use by one more request; a named one that nobody used is pinned.
void PinningPool::hold(std::uint32_t slot, std::vector<std::uint32_t>& slots) {
  if (slots_[slot].users++ == 0 && slots_[slot].id != kNoBlock) policy_.pinned(BlockId{slot});
  slots.push_back(slot);
}

void PinningPool::lose(std::uint32_t slot) {
  policy_.removed(BlockId{slot});
  by_id_[slots_[slot].id] = kNoBlock;
  slots_[slot].id = kNoBlock;
  if (policy_.queues_unnamed()) {
    policy_.released(BlockId{slot}, now_);
  } else {
    free_.push_back(slot);
  }
}

// Any of those that run; its last block first, as engines free them. Some contents are lost then.
void PinningPool::end_one() {
  const std::uint32_t which = draw(static_cast<std::uint32_t>(running_.size()));
  std::swap(running_[which], running_.front());
  const std::vector<std::uint32_t> slots = std::move(running_.front());
  running_.pop_front();
  for (std::size_t i = slots.size(); i > 0; --i) {
    const std::uint32_t slot = slots[i - 1];
    if (--slots_[slot].users > 0) continue;
    if (slots_[slot].id != kNoBlock && draw(16) == 0) {
      lose(slot);
    } else if (slots_[slot].id != kNoBlock || policy_.queues_unnamed()) {
      policy_.released(BlockId{slot}, now_);
    } else {
      free_.push_back(slot);
    }
  }
}

void PinningPool::serve(std::size_t request) {
  const std::uint64_t first = request == 0 ? 0 : trace_.end_of(request - 1);
  BlockInfo info;
  info.request_tokens = trace_.prompt_tokens[request];
  info.tenant = trace_.tenant[request];
  info.category = trace_.category[request];
  info.tokens = trace_.block_size;
  info.bytes = trace_.block_size * 1024;
  std::vector<std::uint32_t> slots;
  std::uint32_t parent = kNoBlock;
  for (std::uint64_t access = first; access < trace_.end_of(request); ++access) {
    const std::uint32_t id = trace_.ids[access];
    oracle_.serve(access, id);
    std::uint32_t slot = by_id_[id];
    if (slot != kNoBlock) {
      ++result_.hits;
      hold(slot, slots);
      policy_.touched(BlockId{slot}, now_);
    } else {
      slot = take();
      if (slot == kNoBlock) {
        ++result_.waits;
        break;
      }
      info.content = id;
      info.parent = parent;
      info.depth = static_cast<std::uint32_t>(access - first);
      info.recompute_cost_ns = std::uint64_t{1000} * (info.depth + 1);
      by_id_[id] = slot;
      slots_[slot].id = id;
      policy_.inserted(BlockId{slot}, info, now_);
      hold(slot, slots);
    }
    parent = slot;
  }
  if (draw(4) == 0) {  // a block being filled has no name yet
    const std::uint32_t slot = take();
    if (slot != kNoBlock) hold(slot, slots);
  }
  running_.push_back(std::move(slots));
}

PinningResult PinningPool::run() {
  for (std::size_t request = 0; request < trace_.requests(); ++request) {
    now_ = trace_.arrival[request];
    const std::uint64_t waits = result_.waits;
    serve(request);
    if (running_.size() > in_flight_ || result_.waits > waits) end_one();
    const auto some = draw(static_cast<std::uint32_t>(slots_.size()) + 1);
    if (some < slots_.size() && slots_[some].id != kNoBlock && slots_[some].users == 0 &&
        draw(8) == 0) {
      lose(some);
    }
  }
  while (!running_.empty()) end_one();
  while (policy_.candidates() > 0) {
    policy_.removed(BlockId{victim()});
  }
  return std::move(result_);
}

}  // namespace kvern
