#include "sim/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace kvern {

namespace {
constexpr int kSubBits = 7;  // 128 sub-buckets an octave
}

int Histogram::bucket_of(std::int64_t ticks) {
  const auto value = static_cast<std::uint64_t>(ticks);
  if (value < (1U << kSubBits)) return static_cast<int>(value);
  const int octave = std::bit_width(value) - 1 - kSubBits;  // value >> octave is in [128, 256)
  return (octave << kSubBits) + static_cast<int>(value >> octave);
}

std::int64_t Histogram::lower_of(int bucket) {
  if (bucket < (2 << kSubBits)) return bucket;
  const int octave = (bucket >> kSubBits) - 1;
  return static_cast<std::int64_t>(bucket - (octave << kSubBits)) << octave;
}

void Histogram::add(std::int64_t ticks, std::uint64_t count) {
  if (count == 0) return;
  const auto bucket = static_cast<std::size_t>(bucket_of(ticks));
  if (bucket >= counts_.size()) counts_.resize(bucket + 1);
  counts_[bucket] += count;
  count_ += count;
  sum_ticks_ += static_cast<decltype(sum_ticks_)>(ticks) * static_cast<std::int64_t>(count);
  max_ticks_ = std::max(max_ticks_, ticks);
}

void Histogram::add_run(std::int64_t first, std::int64_t slope, std::int64_t terms,
                        std::uint64_t weight) {
  if (terms <= 0 || weight == 0) return;
  if (slope == 0 || terms == 1) {
    add(first, weight * static_cast<std::uint64_t>(slope == 0 ? terms : 1));
    return;
  }
  const std::int64_t last = first + (terms - 1) * slope;
  const auto top = static_cast<std::size_t>(bucket_of(last));
  if (top >= counts_.size()) counts_.resize(top + 1);
  std::int64_t done = 0;
  while (done < terms) {
    const int bucket = bucket_of(first + done * slope);
    // The terms below the next bucket's lower edge.
    const std::int64_t room = lower_of(bucket + 1) - first;
    const std::int64_t upto = std::min(terms, (room + slope - 1) / slope);
    counts_[static_cast<std::size_t>(bucket)] += weight * static_cast<std::uint64_t>(upto - done);
    done = upto;
  }
  count_ += weight * static_cast<std::uint64_t>(terms);
  sum_ticks_ += (static_cast<decltype(sum_ticks_)>(first) * terms +
                 static_cast<decltype(sum_ticks_)>(slope) * (terms * (terms - 1) / 2)) *
                static_cast<std::int64_t>(weight);
  max_ticks_ = std::max(max_ticks_, last);
}

void Histogram::merge(const Histogram& other) {
  if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ticks_ += other.sum_ticks_;
  max_ticks_ = std::max(max_ticks_, other.max_ticks_);
}

double Histogram::mean_ns() const {
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(sum_ticks_) / static_cast<double>(count_) / (1 << 20);
}

double Histogram::percentile_ns(double share) const {
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  const double rank = share * static_cast<double>(count_ - 1);
  double below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && below + here > rank) {
      const auto lower = static_cast<double>(lower_of(static_cast<int>(i)));
      const auto upper =
          static_cast<double>(std::min(lower_of(static_cast<int>(i) + 1), max_ticks_ + 1));
      return (lower + (upper - lower) * (rank - below) / here) / (1 << 20);
    }
    below += here;
  }
  return static_cast<double>(max_ticks_) / (1 << 20);
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0) out.push_back({lower_of(static_cast<int>(i)) >> 20, counts_[i]});
  }
  return out;
}

}  // namespace kvern
