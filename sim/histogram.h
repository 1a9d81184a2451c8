// Log-linear histogram of times: 128 sub-buckets an octave, so a percentile is off by at most
// 1/256. Mergeable; fed with single values or with arithmetic progressions (the gaps of a run of
// decode steps), whose counts equal those of feeding each value.
#pragma once

#include <cstdint>
#include <vector>

namespace kvern {

class Histogram {
 public:
  // `count` values of `ticks` (2^-20 ns, >= 0).
  void add(std::int64_t ticks, std::uint64_t count = 1);
  // `weight` times each of first, first + slope, ... (`terms` of them, slope >= 0).
  void add_run(std::int64_t first, std::int64_t slope, std::int64_t terms, std::uint64_t weight);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  double mean_ns() const;
  std::int64_t max_ns() const { return max_ticks_ >> 20; }
  // Share in 0..1; linear inside a bucket. NaN when empty.
  double percentile_ns(double share) const;

  struct Bucket {
    std::int64_t lower_ns;
    std::uint64_t count;
  };
  std::vector<Bucket> buckets() const;  // the non-empty ones, rising

 private:
  static int bucket_of(std::int64_t ticks);
  static std::int64_t lower_of(int bucket);  // smallest ticks value of a bucket

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  __extension__ __int128 sum_ticks_ = 0;
  std::int64_t max_ticks_ = 0;
};

}  // namespace kvern
