// The sequences that decode, as counters: nothing is touched in a decode step. Every decode step
// advances the step counter by one and each sequence by one token; a sequence's own numbers are
// those at the step it joined, plus the steps since.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/histogram.h"
#include "sim/line.h"
#include "sim/serving/completion_ring.h"
#include "sim/serving/request.h"

namespace kvern {

class DecodeSet {
 public:
  // `lists`: keep the sequences of each block residue in running order (pools that name blocks).
  DecodeSet(RequestSlab& requests, std::uint32_t block_size, bool lists);

  std::uint32_t count() const { return count_; }
  std::uint64_t step() const { return step_; }
  // Sum of contexts that the next step reads, each with the token being decoded; longest of them.
  std::uint64_t kv_tokens() const { return kv_tokens_; }
  std::uint32_t longest() const;

  // The request has `generated` >= 1 tokens, the latest at `request.last_token`.
  void join(Slot slot);
  // Brings its numbers up to now and takes it out.
  void leave(Slot slot);
  std::uint32_t computed(const Request& request) const {
    return request.computed + static_cast<std::uint32_t>(step_ - request.since);
  }
  std::uint32_t generated(const Request& request) const {
    return request.generated + static_cast<std::uint32_t>(step_ - request.since);
  }
  // The next step of this sequence starts a new block.
  bool crosses(const Request& request) const { return computed(request) % block_size_ == 0; }

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
  // `steps` more steps are done; the caller books their gaps through tokens_at and
  // tokens_last_at below.
  void advance(std::uint64_t steps) {
    step_ += steps;
    kv_tokens_ += steps * count_;
  }
  // Requests whose last token came with the latest step.
  void completed(std::vector<Slot>& out) { ring_.collect(step_, out); }

  // Gaps between tokens. The first step after a change: each sequence's gap runs from its own
  // latest token. Later steps of a run: all gaps are the step's duration (the caller's business).
  void tokens_at(Instant end, Histogram& gaps);
  void tokens_last_at(Instant end) { last_end_ = end; }
  // Time of the latest token of a sequence in the set.
  Instant last_token(const Request& request) const {
    return step_ == request.since ? request.last_token : last_end_;
  }

 private:
  struct Group {
    Instant at;
    std::uint32_t count;
  };
  void drop_fresh(Instant at);
  std::uint32_t residue(const Request& request) const;

  RequestSlab& requests_;
  CompletionRing ring_;
  std::uint32_t block_size_;
  bool lists_;
  std::uint32_t count_ = 0;
  std::uint64_t step_ = 0;
  std::uint64_t kv_tokens_ = 0;
  std::vector<std::uint32_t> residues_;  // sequences by (step of their next new block) mod size
  std::vector<Slot> residue_heads_, residue_tails_;
  Instant last_end_;          // end of the latest decode step
  std::vector<Group> fresh_;  // sequences without a decode step since they joined
  std::uint32_t fresh_count_ = 0;
  mutable std::int64_t longest_key_ = 0;  // computed + 1 - step of the longest; all advance alike
  mutable bool longest_known_ = false;
  std::vector<Slot> members_;  // unordered, for `longest`
};

}  // namespace kvern
