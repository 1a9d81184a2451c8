// Latencies of finished requests, streamed in row by row. What a rejected, failed or unfinished
// request contributes: nothing here (it is counted among the requests, and misses the SLO).
//
//   queue  arrival to the start of the step that first admitted it
//   ttft   arrival to first token; a request of no output has none
//   tpot   (finish - first token) / (output - 1), output >= 2
//   e2e    arrival to last token
//
// Percentiles are exact (linear interpolation between order statistics, as numpy's default) up to
// 2^22 finished requests. Beyond, numbers move to histograms with a relative error <= 1/256, and
// memory stays below 150 MB however long the run. Means and maxima are exact in both.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/histogram.h"
#include "sim/ledger.h"
#include "sim/records.h"

namespace kvern {

enum class Latency : std::uint8_t { Queue, Ttft, Tpot, E2e };
inline constexpr int kLatencies = 4;

struct Statistics {  // ns; NaN: nothing was measured
  double mean, p50, p90, p99, p999, max;
};

// Of the gaps between tokens, whose histogram the ledger keeps.
Statistics statistics(const Histogram& itl);

class Latencies {
 public:
  static constexpr std::uint64_t kExactUpTo = std::uint64_t{1} << 22;

  explicit Latencies(int pools, std::uint64_t exact_up_to = kExactUpTo);
  void request(const RequestRow& row);

  bool exact() const { return finished_ <= exact_up_to_; }
  Statistics of(Latency latency, int pool) const;
  Statistics of(Latency latency) const;  // over all pools

 private:
  static constexpr std::uint64_t kKeys = 8192;
  using Keys = std::array<std::uint64_t, kKeys>;
  // Times are kept as integers that order as the times do: ns, and for tpot the bits of a
  // (positive) double.
  struct Series {
    std::vector<std::unique_ptr<Keys>> exact;  // all full but the last
    Histogram coarse;                          // counts ns where it speaks of ticks
    std::uint64_t count = 0;
    Int128 sum_ns = 0;
    double sum = 0;
    std::uint64_t max = 0;
  };
  static std::vector<std::span<const std::uint64_t>> keys_of(const Series& series);
  template <bool real>
  void add(Series& series, std::uint64_t key);
  void leave_exactness();
  static Statistics summarise(std::span<const Series* const> all, bool real, bool exact);

  std::vector<std::array<Series, kLatencies>> pools_;
  std::uint64_t exact_up_to_;
  std::uint64_t finished_ = 0;
};

}  // namespace kvern
