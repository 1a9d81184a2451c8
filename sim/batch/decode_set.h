// The sequences that decode, as counters: nothing is touched in a decode step. Every decode step
// advances the step counter by one and each sequence by one token; a sequence's own numbers are
// those at the step it joined, plus the steps since.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/batch/completion_ring.h"
#include "sim/batch/held_runs.h"
#include "sim/batch/request.h"
#include "sim/histogram.h"
#include "sim/line.h"

namespace kvern {

class DecodeSet {
 public:
  // `lists`: keep the sequences of each block residue in running order (pools that name blocks).
  // Under a token policy (never with lists) sequences hold and read what `held` says, not their
  // whole context.
  DecodeSet(RequestSlab& requests, std::uint32_t block_size, bool lists,
            std::unique_ptr<HeldRuns> held);

  std::uint32_t count() const { return count_; }
  std::uint64_t step() const { return step_; }
  // Sum of the tokens that the next step reads, the ones being decoded among them; in how many
  // sequences they grow by one a step (all, without a token policy).
  std::uint64_t kv_tokens() const { return kv_tokens_; }
  std::uint32_t reading_more() const { return reading_more_; }
  // Only under a token policy: the same of the tokens held.
  std::uint64_t held_tokens() const { return held_tokens_; }
  std::uint32_t holding_more() const { return growing_; }
  // The most that a sequence reads, with the token being decoded; whether that grows, for how many
  // steps.
  struct Longest {
    std::uint32_t tokens = 0;
    bool grows = true;
    std::uint64_t steps = HeldRun::kForever;
  };
  Longest longest() const;

  // The request has `generated` >= 1 tokens, the latest at `request.last_token`.
  void join(Slot slot);
  // Brings its numbers up to now and takes it out.
  void leave(Slot slot);
  std::uint32_t computed(const Request& request) const {
    return request.computed + static_cast<std::uint32_t>(step_ - request.since);
  }
  // What it has read since its last mark: since it joined, or since its run began.
  KvReads reads(Slot slot) const {
    if (held_) return held_->reads(slot);
    const Request& request = requests_[slot];
    return {std::uint64_t{request.computed} + 1, request.since, true};
  }
  std::uint32_t generated(const Request& request) const {
    return request.generated + static_cast<std::uint32_t>(step_ - request.since);
  }
  // Blocks of this sequence; the next step starts a new one.
  std::uint32_t blocks(Slot slot) const { return blocks_for(run_now(slot).held); }
  bool crosses(Slot slot) const {
    const HeldRun run = run_now(slot);
    return run.growth > 0 && run.held % block_size_ == 0;
  }

  // Sequences that start a new block in step `ahead` (0 = the next one), and in the next `steps`.
  std::uint32_t crossings_at(std::uint64_t ahead) const {
    return residues_[(step_ + ahead) % block_size_];
  }
  std::uint64_t crossings(std::uint64_t steps) const;
  // The most steps (<= limit) whose crossings fit into `blocks`.
  std::uint64_t steps_that_fit(std::uint64_t blocks, std::uint64_t limit) const;
  // First of the sequences that cross in the step `ahead`, in running order, then residue_next.
  Slot first_crossing(std::uint64_t ahead) const {
    return residue_heads_[(step_ + ahead) % block_size_];
  }

  // Steps until the ring must be looked at again (>= 1).
  std::uint64_t steps_to_completion() const { return ring_.steps_to_next(step_); }
  // Steps for which every sequence holds and reads as it does now (>= 1); then turn().
  std::uint64_t steps_to_turn() {
    return held_ ? held_->steps_to_turn(step_) : std::uint64_t{HeldRun::kForever};
  }
  // A sequence whose run is over, or kNoSlot; turn() starts its next run and returns the blocks
  // that it gave up.
  Slot take_turn() { return held_->take_turn(step_); }
  std::uint32_t turn(Slot slot);
  bool token_policy() const { return held_ != nullptr; }
  // `steps` more steps are done; the caller books their gaps through tokens_at and
  // tokens_last_at below.
  void advance(std::uint64_t steps) {
    step_ += steps;
    kv_tokens_ += steps * reading_more_;
    if (held_) held_tokens_ += steps * growing_;
  }
  // Requests whose last token came with the latest step.
  void completed(std::vector<Slot>& out) { ring_.collect(step_, out); }

  // Gaps between tokens. The first step after a change: each sequence's gap runs from its own
  // latest token. Later steps of a run: all gaps are the step's duration (the caller's business).
  void tokens_at(Instant end, Histogram& gaps);
  void tokens_last_at(Instant end) { last_end_ = end; }
  // The counters counted anew; what is broken, or "".
  std::string broken_law() const;
  // Time of the latest token of a sequence in the set.
  Instant last_token(const Request& request) const {
    return step_ == request.since ? request.last_token : last_end_;
  }

 private:
  struct Group {
    Instant at;
    std::uint32_t count;
  };
  // The largest of a changing set; looked for again when it has left.
  struct LazyMost {
    std::int64_t key = kNone;  // kNone: of none
    bool known = true;
    static constexpr std::int64_t kNone = INT64_MIN;

    void add(std::int64_t other) {
      if (known && other > key) key = other;
    }
    void remove(std::int64_t other) {
      if (known && other == key) known = false;
    }
  };
  std::int64_t key_of(const HeldRun& run) const {
    const auto reads = static_cast<std::int64_t>(run.read) + 1;
    return run.read_growth > 0 ? reads - static_cast<std::int64_t>(step_) : reads;
  }
  LazyMost& most_of(const HeldRun& run) const {
    return run.read_growth > 0 ? growing_most_ : flat_most_;
  }
  void find_most() const;
  void drop_fresh(Instant at);
  std::uint32_t blocks_for(std::uint32_t tokens) const {
    return (tokens + block_size_ - 1) / block_size_;
  }
  // What a sequence without a token policy holds and reads.
  static HeldRun whole(std::uint32_t context) {
    return {context, 1, context, 1, HeldRun::kForever};
  }
  HeldRun run_now(Slot slot) const {
    return held_ ? held_->now(slot, step_) : whole(computed(requests_[slot]));
  }
  std::uint32_t residue(const HeldRun& run) const;
  void count_in(Slot slot, const HeldRun& run);
  void count_out(Slot slot, const HeldRun& run);

  RequestSlab& requests_;
  CompletionRing ring_;
  std::uint32_t block_size_;
  bool lists_;
  std::unique_ptr<HeldRuns> held_;  // null: no token policy
  std::uint32_t count_ = 0;
  std::uint32_t reading_more_ = 0;
  std::uint32_t growing_ = 0;  // those that start a new block now and then
  std::uint64_t step_ = 0;
  std::uint64_t kv_tokens_ = 0;
  std::uint64_t held_tokens_ = 0;
  std::vector<std::uint32_t> residues_;  // growing ones by (step of their next new block) mod size
  std::vector<Slot> residue_heads_, residue_tails_;
  Instant last_end_;          // end of the latest decode step
  std::vector<Group> fresh_;  // sequences without a decode step since they joined
  std::uint32_t fresh_count_ = 0;
  mutable LazyMost growing_most_;  // of the growing reads, less the step: these advance alike
  mutable LazyMost flat_most_;     // of the others
  std::vector<Slot> members_;      // unordered, for `longest`
};

}  // namespace kvern
