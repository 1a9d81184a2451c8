#include "sim/serving/decode_set.h"

#include <algorithm>

namespace kvern {

DecodeSet::DecodeSet(RequestSlab& requests, std::uint32_t block_size, bool lists)
    : requests_(requests), ring_(requests), block_size_(block_size), lists_(lists) {
  residues_.resize(block_size);
  if (lists) {
    residue_heads_.resize(block_size, kNoSlot);
    residue_tails_.resize(block_size, kNoSlot);
  }
}

std::uint32_t DecodeSet::residue(const Request& request) const {
  // It crosses at steps s with computed + (s - since) = 0 mod block size.
  const std::uint64_t shift = request.since + block_size_ - request.computed % block_size_;
  return static_cast<std::uint32_t>(shift % block_size_);
}

void DecodeSet::join(Slot slot) {
  Request& request = requests_[slot];
  request.since = step_;
  ring_.insert(slot, step_ + (request.output - request.generated), step_);
  request.member = static_cast<std::uint32_t>(members_.size());
  members_.push_back(slot);
  ++count_;
  kv_tokens_ += request.computed + 1;
  const std::int64_t key =
      static_cast<std::int64_t>(request.computed + 1) - static_cast<std::int64_t>(step_);
  if (count_ == 1 || (longest_known_ && key > longest_key_)) {
    longest_key_ = key;
    longest_known_ = true;
  }
  ++fresh_count_;
  if (!fresh_.empty() && fresh_.back().at == request.last_token) {
    ++fresh_.back().count;
  } else {
    fresh_.push_back({request.last_token, 1});
  }
  const std::uint32_t mine = residue(request);
  ++residues_[mine];
  if (!lists_) return;
  // Running order; a newcomer is nearly always the newest.
  Slot after = residue_tails_[mine];
  while (after != kNoSlot && requests_[after].serial > request.serial) {
    after = requests_[after].residue_previous;
  }
  request.residue_previous = after;
  request.residue_next = after == kNoSlot ? residue_heads_[mine] : requests_[after].residue_next;
  (after == kNoSlot ? residue_heads_[mine] : requests_[after].residue_next) = slot;
  (request.residue_next == kNoSlot ? residue_tails_[mine]
                                   : requests_[request.residue_next].residue_previous) = slot;
}

void DecodeSet::leave(Slot slot) {
  Request& request = requests_[slot];
  const std::uint32_t mine = residue(request);
  --residues_[mine];
  if (lists_) {
    (request.residue_previous == kNoSlot ? residue_heads_[mine]
                                         : requests_[request.residue_previous].residue_next) =
        request.residue_next;
    (request.residue_next == kNoSlot ? residue_tails_[mine]
                                     : requests_[request.residue_next].residue_previous) =
        request.residue_previous;
  }
  if (request.due > step_) ring_.erase(slot);  // else `completed` took it out
  if (request.since == step_) {
    drop_fresh(request.last_token);
  } else {
    request.last_token = last_end_;
  }
  request.generated = generated(request);
  request.computed = computed(request);
  request.held = (request.computed + block_size_ - 1) / block_size_;
  request.since = step_;
  --count_;
  kv_tokens_ -= request.computed + 1;
  members_[request.member] = members_.back();
  requests_[members_.back()].member = request.member;
  members_.pop_back();
  if (longest_known_ &&
      static_cast<std::int64_t>(request.computed + 1) - static_cast<std::int64_t>(step_) ==
          longest_key_) {
    longest_known_ = false;
  }
}

std::uint32_t DecodeSet::longest() const {
  if (count_ == 0) return 0;
  if (!longest_known_) {
    std::uint32_t most = 0;
    for (const Slot slot : members_) most = std::max(most, computed(requests_[slot]) + 1);
    longest_key_ = static_cast<std::int64_t>(most) - static_cast<std::int64_t>(step_);
    longest_known_ = true;
  }
  return static_cast<std::uint32_t>(longest_key_ + static_cast<std::int64_t>(step_));
}

std::uint64_t DecodeSet::crossings(std::uint64_t steps) const {
  std::uint64_t sum = steps / block_size_ * count_;
  std::uint64_t at = step_ % block_size_;
  for (std::uint64_t left = steps % block_size_; left > 0; --left) {
    sum += residues_[at];
    at = at + 1 == block_size_ ? 0 : at + 1;
  }
  return sum;
}

std::uint64_t DecodeSet::steps_that_fit(std::uint64_t blocks, std::uint64_t limit) const {
  // Every sequence crosses once in block_size steps.
  if ((limit / block_size_ + 1) * count_ <= blocks) return limit;
  const std::uint64_t turns = std::min(blocks / count_, limit / block_size_);
  std::uint64_t steps = turns * block_size_;
  std::uint64_t left = blocks - turns * count_;
  std::uint64_t at = step_ % block_size_;
  while (steps < limit && residues_[at] <= left) {
    left -= residues_[at];
    at = at + 1 == block_size_ ? 0 : at + 1;
    ++steps;
  }
  return steps;
}

void DecodeSet::tokens_at(Instant end, Histogram& gaps) {
  if (count_ > fresh_count_) gaps.add(end.ticks_since(last_end_), count_ - fresh_count_);
  for (const Group& group : fresh_) gaps.add(end.ticks_since(group.at), group.count);
  fresh_.clear();
  fresh_count_ = 0;
  last_end_ = end;
}

void DecodeSet::drop_fresh(Instant at) {
  --fresh_count_;
  // The newest is nearly always in the latest group.
  for (auto group = fresh_.rbegin(); group != fresh_.rend(); ++group) {
    if (group->at != at) continue;
    if (--group->count == 0) fresh_.erase(std::next(group).base());
    return;
  }
}

}  // namespace kvern
