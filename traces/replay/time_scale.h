// Times x a factor, exactly rounded: the factor is taken as the binary fraction that a double is.
#pragma once

#include <cmath>
#include <cstdint>

#include "sim/base/time.h"

namespace kvern {

class TimeScale {
 public:
  explicit TimeScale(double factor)  // > 0, at most 2^40
      : mantissa_(static_cast<std::int64_t>(std::ldexp(std::frexp(factor, &exponent_), 53))) {}

  // To the nearest ns, halves up; kNever when it does not fit. time >= 0.
  SimTime of(SimTime time) const {
    const int shift = 53 - exponent_;  // >= 13
    if (shift > 120) return 0;
    const Wide product = Wide{time} * mantissa_;  // < 2^116
    const Wide scaled = (product + (Wide{1} << (shift - 1))) >> shift;
    return scaled < kNever ? static_cast<SimTime>(scaled) : kNever;
  }

 private:
  __extension__ typedef __int128 Wide;
  int exponent_ = 0;  // factor = mantissa x 2^(exponent - 53)
  std::int64_t mantissa_;
};

}  // namespace kvern
