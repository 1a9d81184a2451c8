#include "sim/energy/bucket_ledger.h"

#include <algorithm>
#include <string>

namespace kvern {

namespace {

// Before anything is made for a time that is beyond the last bucket.
void check_width(SimTime end, SimTime width) {
  if (width == 0 || end / width <= kMostBuckets) return;  // 0: off
  throw TooManyBuckets("the run is longer than " + std::to_string(kMostBuckets) +
                       " time buckets of this width");
}

}  // namespace

BucketLedger::BucketLedger(SimTime width, std::uint16_t pool, std::uint32_t replicas,
                           std::int64_t idle_picojoules_per_us, Records* records)
    : width_(width),
      pool_(pool),
      replicas_(replicas),
      idle_picojoules_per_us_(idle_picojoules_per_us),
      records_(records) {}

BucketLedger::Bucket& BucketLedger::open(SimTime t) {
  const std::int64_t number = t / width_;
  check_width(t, width_);
  while (first_ + static_cast<std::int64_t>(buckets_.size()) <= number) {
    Bucket& bucket = buckets_.emplace_back();
    bucket.row.start_ns = (first_ + static_cast<std::int64_t>(buckets_.size()) - 1) * width_;
    bucket.row.pool = pool_;
  }
  return buckets_[static_cast<std::size_t>(number - first_)];
}

void BucketLedger::busy(SimTime from, SimTime to) {
  check_width(to, width_);
  while (from < to) {
    const SimTime edge = std::min(to, edge_after(from));
    open(from).row.busy_ns += edge - from;
    from = edge;
  }
}

void BucketLedger::spread(SimTime from, SimTime to, std::int64_t picojoules) {
  check_width(to, width_);
  const SimTime whole = to - from;
  if (whole == 0) {
    open(from).picojoules += picojoules;
    return;
  }
  std::int64_t left = picojoules;
  while (from < to) {
    const SimTime edge = std::min(to, edge_after(from));
    // The last part takes what rounding left.
    const auto part = static_cast<std::int64_t>(Int128{picojoules} * (edge - from) / whole);
    open(from).picojoules += edge == to ? left : part;
    left -= part;
    from = edge;
  }
}

void BucketLedger::power(SimTime from, SimTime to, std::int64_t milliwatts) {
  check_width(to, width_);
  while (from < to) {
    const SimTime edge = std::min(to, edge_after(from));
    open(from).picojoules += Int128{edge - from} * milliwatts;
    from = edge;
  }
}

void BucketLedger::write(const Bucket& bucket, SimTime end) {
  BucketRow row = bucket.row;
  const std::int64_t idle_ns = (end - row.start_ns) * replicas_ - row.busy_ns;
  const Int128 picojoules = bucket.picojoules + Int128{idle_ns} * idle_picojoules_per_us_ / 1000;
  row.energy_nj = idle_picojoules_per_us_ < 0 ? -1 : static_cast<std::int64_t>(picojoules / 1000);
  if (records_ != nullptr) records_->bucket(row);
}

void BucketLedger::close_before(SimTime t) {
  while (!buckets_.empty() && (first_ + 1) * width_ <= t) {
    write(buckets_.front(), (first_ + 1) * width_);
    buckets_.pop_front();
    ++first_;
  }
}

void BucketLedger::close_all(SimTime end) {
  close_before(end);
  if (!buckets_.empty()) write(buckets_.front(), end);
  buckets_.clear();
}

}  // namespace kvern
