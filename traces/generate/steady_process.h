// Arrivals of one rate: gaps of mean 1/rate, each rounded to the nearest nanosecond.
#pragma once

#include "sim/base/exact_math.h"
#include "sim/ports/arrival_process.h"
#include "traces/generate/unit_gaps.h"

namespace kvern {

// The limits that keep a gap well inside a SimTime.
inline constexpr Range kArrivalRate{1e-9, 1e9};  // req/s

class SteadyProcess : public ArrivalProcess {
 public:
  SteadyProcess(UnitGaps gaps, double rate_per_s) : gaps_(gaps), mean_gap_ns_(1e9 / rate_per_s) {}

  SimTime next(Stream& stream) override {
    if (now_ == kNever) return kNever;
    const double gap_ns = gaps_.draw(stream) * mean_gap_ns_;
    // 146 years hold 2^62 ns; what lies beyond never comes.
    now_ =
        gap_ns < 0x1p62 - static_cast<double>(now_) ? now_ + exact::nearest_whole(gap_ns) : kNever;
    return now_;
  }

 private:
  UnitGaps gaps_;
  double mean_gap_ns_;
  SimTime now_ = 0;
};

}  // namespace kvern
