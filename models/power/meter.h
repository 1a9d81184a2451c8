// What a power meter would have shown: NVML as users see it. A board's value is renewed every
// `period` and is the mean over the last `window` before that: with a window of 25 ms in 100 ms,
// three quarters of the time are never seen; with 1 s a step takes a second to show. A board's
// meter may read up to 5 % high or low, always alike.
//
// Periods and windows by GPU generation are second-hand (measured on PCIe boards by others), those
// of the H100 SXM our own: value and counter move every 100 ms, the average is a 1 s mean.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "sim/base/time.h"

namespace kvern {

struct MeterSpec {
  SimTime period = 100 * kMillisecond;
  SimTime window = 100 * kMillisecond;
  double gain = 1;

  // Power must be told at least this finely: both are whole multiples of it.
  SimTime bin() const;
};

// `field`: "instant" or "average". Null: nobody measured that board's meter.
std::optional<MeterSpec> meter_of(const std::string& hardware, const std::string& field);

class Meter {
 public:
  using Show = std::function<void(SimTime at, double watts)>;
  Meter(const MeterSpec& spec, Show show) : spec_(spec), bin_(spec.bin()), show_(std::move(show)) {}

  // The joules of the next bin of time, in order from 0.
  void bin(double joules);
  // Sum of the readings x the period: what integrating them gives, without care. J.
  double naive_joules() const { return naive_joules_; }

 private:
  MeterSpec spec_;
  SimTime bin_;
  Show show_;
  SimTime now_ = 0;
  std::deque<double> recent_;  // joules of the bins in the window
  double naive_joules_ = 0;
};

}  // namespace kvern
