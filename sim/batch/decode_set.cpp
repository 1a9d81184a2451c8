#include "sim/batch/decode_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kvern {

DecodeSet::DecodeSet(RequestSlab& requests, std::uint32_t block_size, bool lists,
                     std::unique_ptr<HeldRuns> held)
    : requests_(requests),
      ring_(requests),
      block_size_(block_size),
      lists_(lists),
      held_(std::move(held)) {
  residues_.resize(block_size);
  if (lists) {
    residue_heads_.resize(block_size, kNoSlot);
    residue_tails_.resize(block_size, kNoSlot);
  }
}

std::uint32_t DecodeSet::residue(const HeldRun& run) const {
  // It crosses at steps s with held + (s - now) = 0 mod block size.
  return static_cast<std::uint32_t>((step_ + block_size_ - run.held % block_size_) % block_size_);
}

void DecodeSet::count_in(Slot slot, const HeldRun& run) {
  kv_tokens_ += run.read + 1;
  if (held_) held_tokens_ += run.held + 1;
  reading_more_ += run.read_growth;
  most_of(run).add(key_of(run));
  if (run.growth <= 0) return;
  ++growing_;
  const std::uint32_t mine = residue(run);
  ++residues_[mine];
  if (!lists_) return;
  // Running order; a newcomer is nearly always the newest.
  Request& request = requests_[slot];
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

void DecodeSet::count_out(Slot slot, const HeldRun& run) {
  kv_tokens_ -= run.read + 1;
  if (held_) held_tokens_ -= run.held + 1;
  reading_more_ -= run.read_growth;
  most_of(run).remove(key_of(run));
  if (run.growth <= 0) return;
  --growing_;
  const std::uint32_t mine = residue(run);
  --residues_[mine];
  if (!lists_) return;
  const Request& request = requests_[slot];
  (request.residue_previous == kNoSlot ? residue_heads_[mine]
                                       : requests_[request.residue_previous].residue_next) =
      request.residue_next;
  (request.residue_next == kNoSlot ? residue_tails_[mine]
                                   : requests_[request.residue_next].residue_previous) =
      request.residue_previous;
}

void DecodeSet::join(Slot slot) {
  Request& request = requests_[slot];
  request.since = step_;
  ring_.insert(slot, step_ + (request.output - request.generated), step_);
  request.member = static_cast<std::uint32_t>(members_.size());
  members_.push_back(slot);
  ++count_;
  ++fresh_count_;
  if (!fresh_.empty() && fresh_.back().at == request.last_token) {
    ++fresh_.back().count;
  } else {
    fresh_.push_back({request.last_token, 1});
  }
  const std::uint32_t context = request.computed;
  count_in(slot, held_ ? held_->begin(slot, request, context, step_) : whole(context));
}

void DecodeSet::leave(Slot slot) {
  Request& request = requests_[slot];
  const HeldRun run = run_now(slot);
  count_out(slot, run);
  if (held_) held_->end(slot);
  if (request.due > step_) ring_.erase(slot);  // else `completed` took it out
  if (request.since == step_) {
    drop_fresh(request.last_token);
  } else {
    request.last_token = last_end_;
  }
  request.generated = generated(request);
  request.computed = computed(request);
  request.held = blocks_for(run.held);
  request.since = step_;
  --count_;
  members_[request.member] = members_.back();
  requests_[members_.back()].member = request.member;
  members_.pop_back();
}

void DecodeSet::find_most() const {
  growing_most_ = flat_most_ = {};
  for (const Slot slot : members_) {
    const HeldRun run = run_now(slot);
    most_of(run).add(key_of(run));
  }
}

DecodeSet::Longest DecodeSet::longest() const {
  if (count_ == 0) return {};
  if (!growing_most_.known || !flat_most_.known) find_most();
  const std::int64_t flat = flat_most_.key;
  if (growing_most_.key == LazyMost::kNone) return {static_cast<std::uint32_t>(flat), false};
  const std::int64_t growing = growing_most_.key + static_cast<std::int64_t>(step_);
  if (growing >= flat) return {static_cast<std::uint32_t>(growing)};
  return {static_cast<std::uint32_t>(flat), false, static_cast<std::uint64_t>(flat - growing)};
}

std::string DecodeSet::broken_law() const {
  std::uint64_t reads = 0;
  std::uint32_t most = 0;
  std::uint32_t growing = 0;
  for (const Slot slot : members_) {
    const HeldRun run = run_now(slot);
    reads += run.read + 1;
    most = std::max(most, run.read + 1);
    growing += run.growth > 0 ? 1 : 0;
  }
  if (reads == kv_tokens_ && growing == growing_ && most == longest().tokens) return {};
  return fmt::format("sequences read {} tokens, {} the longest, {} grow; counted are {}, {}, {}",
                     reads, most, growing, kv_tokens_, longest().tokens, growing_);
}

std::uint32_t DecodeSet::turn(Slot slot) {
  const HeldRun old = held_->now(slot, step_);
  count_out(slot, old);
  const Request& request = requests_[slot];
  const HeldRun run = held_->begin(slot, request, computed(request), step_);
  count_in(slot, run);
  return blocks_for(old.held) - blocks_for(run.held);
}

std::uint64_t DecodeSet::crossings(std::uint64_t steps) const {
  std::uint64_t sum = steps / block_size_ * growing_;
  std::uint64_t at = step_ % block_size_;
  for (std::uint64_t left = steps % block_size_; left > 0; --left) {
    sum += residues_[at];
    at = at + 1 == block_size_ ? 0 : at + 1;
  }
  return sum;
}

std::uint64_t DecodeSet::steps_that_fit(std::uint64_t blocks, std::uint64_t limit) const {
  // Every growing sequence crosses once in block_size steps.
  if ((limit / block_size_ + 1) * growing_ <= blocks) return limit;
  const std::uint64_t turns = std::min(blocks / growing_, limit / block_size_);
  std::uint64_t steps = turns * block_size_;
  std::uint64_t left = blocks - turns * growing_;
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
