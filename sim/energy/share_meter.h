// Divides the joules of steps among the decoding sequences through cumulative counters, read when a
// sequence joins and when it leaves: nothing is touched per sequence and step. Several lanes
// (parts) are divided alike.
//
// What is shared is summed while the number of sharers stays and divided then, so that cutting a
// run of steps changes no digit; what does not divide evenly waits for the next sharers. What is in
// proportion to the KV tokens that a sequence reads is exact: with r_t pJ a KV token in decode step
// t, one that reads c at step s, and one more with each step, owes sum r_t (c + t - s) =
// (c - s) sum r_t + sum r_t t; one that always reads c owes c sum r_t. Counters wrap; differences
// are exact below 2^63 pJ (9 MJ a request).
#pragma once

#include <array>
#include <cstdint>

#include "sim/ledger.h"

namespace kvern {

// A sequence reads `tokens` KV tokens in decode step `since`, and then as many, or one more with
// each step.
struct KvReads {
  std::uint64_t tokens = 0;
  std::uint64_t since = 0;
  bool grows = true;
};

template <int kLanes, int kKvLanes>
class ShareMeter {
 public:
  struct Mark {
    std::array<std::uint64_t, kLanes> share{};
    std::array<std::uint64_t, kKvLanes> kv{};
    std::array<std::uint64_t, kKvLanes> kv_steps{};
  };

  const Mark& read() {
    if (pending_any_) divide();
    return counters_;
  }
  // pJ to be divided by `sharers` (>= 1). Call for every lane that has any, with the same number.
  void add(int lane, Int128 picojoules, std::int64_t sharers) {
    if (sharers != sharers_) {
      read();
      sharers_ = sharers;
    }
    pending_[lane] += picojoules;
    pending_any_ = true;
  }
  // pJ for each KV token that a decode reads, in the decode steps `step` .. step + count - 1.
  void add_kv(int lane, std::int64_t picojoules, std::uint64_t step, std::int64_t count) {
    const auto rate = static_cast<std::uint64_t>(picojoules);
    const auto n = static_cast<std::uint64_t>(count);
    counters_.kv[lane] += rate * n;
    counters_.kv_steps[lane] += rate * (n * step + n * (n - 1) / 2);
  }

  std::int64_t shared_since(const Mark& mark, int lane) const {
    return static_cast<std::int64_t>(counters_.share[lane] - mark.share[lane]);
  }
  // `mark` was read at decode step `reads.since`.
  std::int64_t kv_since(const Mark& mark, int lane, const KvReads& reads) const {
    const std::uint64_t rates = counters_.kv[lane] - mark.kv[lane];
    if (!reads.grows) return static_cast<std::int64_t>(reads.tokens * rates);
    const std::uint64_t timed = counters_.kv_steps[lane] - mark.kv_steps[lane];
    return static_cast<std::int64_t>((reads.tokens - reads.since) * rates + timed);
  }

 private:
  void divide() {
    for (int lane = 0; lane < kLanes; ++lane) {
      Int128& pending = pending_[lane];
      if (pending == 0) continue;
      // Runs of a lane nearly always fit 63 bits, where a division is ten times faster.
      const auto small = static_cast<std::int64_t>(pending);
      const Int128 share = small == pending ? Int128{small / sharers_} : pending / sharers_;
      pending -= share * sharers_;
      counters_.share[lane] += static_cast<std::uint64_t>(share);
    }
    pending_any_ = false;
  }

  Mark counters_;
  std::array<Int128, kLanes> pending_{};
  std::int64_t sharers_ = 1;
  bool pending_any_ = false;
};

}  // namespace kvern
