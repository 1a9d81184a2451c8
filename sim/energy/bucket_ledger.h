// What a pool did in each bucket of simulated time. Counts, tokens and joules of a step belong to
// the bucket in which it ends; busy time is split at the edges.
#pragma once

#include <cstdint>
#include <deque>
#include <stdexcept>

#include "sim/ledger.h"
#include "sim/records.h"

namespace kvern {

// A row for each would fill memory and disk before the run ends: the width does not fit the run.
inline constexpr std::int64_t kMostBuckets = 1 << 24;
class TooManyBuckets : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class BucketLedger {
 public:
  // `width` 0: off. `idle_picojoules_per_us` of one replica; -1: joules are
  // unknown.
  BucketLedger(SimTime width, std::uint16_t pool, std::uint32_t replicas,
               std::int64_t idle_picojoules_per_us, Records* records);

  bool on() const { return width_ > 0; }
  // First instant after the bucket of `t`.
  SimTime edge_after(SimTime t) const { return (t / width_ + 1) * width_; }
  // The bucket of `t`, which is not closed yet.
  BucketRow& at(SimTime t) { return open(t).row; }
  void busy(SimTime from, SimTime to);
  // Buckets up to `t` are there, though nothing happened in them.
  void reach(SimTime t) {
    if (t > first_ * width_) open(t - 1);
  }
  void energy(SimTime end, Int128 picojoules) { open(end).picojoules += picojoules; }
  // Joules spent evenly from one instant to another, split at the edges.
  void spread(SimTime from, SimTime to, std::int64_t picojoules);
  // A constant power (1 mW = 1 pJ/ns) from one instant to another, split at the edges.
  void power(SimTime from, SimTime to, std::int64_t milliwatts);
  // Writes the buckets that end at or before `t`; nothing is added to them any more.
  void close_before(SimTime t);
  // Writes the rest; the last one ends at `end`.
  void close_all(SimTime end);

 private:
  struct Bucket {
    BucketRow row;
    Int128 picojoules = 0;
  };
  Bucket& open(SimTime t);
  void write(const Bucket& bucket, SimTime end);

  SimTime width_;
  std::uint16_t pool_;
  std::uint32_t replicas_;
  std::int64_t idle_picojoules_per_us_;
  Records* records_;
  std::int64_t first_ = 0;  // number of buckets_.front()
  std::deque<Bucket> buckets_;
};

}  // namespace kvern
