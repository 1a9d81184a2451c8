// Lines whose slopes are no integers: joules per FLOP are not, yet a price must be an exact line of
// integers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "sim/line.h"
#include "sim/ports/step_cost.h"

namespace kvern::power {

inline std::int64_t nearest(double x) {
  return static_cast<std::int64_t>(x + std::copysign(0.5, x));
}

// All lines of a work advance together, so with `turns` = first / slope of one of them, first -
// turns * slope is the same for the batch however far it is advanced: only this rest and the slope
// are rounded. The bytes are asked first: theirs is the mean context, where a flat stretch of a
// table makes the turns of its time so many that a rest loses digits.
inline std::int64_t turns_of(const Work& work) {
  for (int k = 0; k < work.count; ++k) {
    const KernelWork& kernel = work.kernels[k];
    for (const Line* line :
         {&kernel.bytes, &kernel.memory_ticks, &kernel.compute_ticks, &kernel.fixed_ticks}) {
      if (line->slope > 0) return line->first / line->slope;
    }
  }
  return 0;
}

struct Rest {
  double rest = 0;
  double slope = 0;

  static Rest of(const Line& line, std::int64_t turns) {
    if (line.slope == 0) return {static_cast<double>(line.first), 0};
    return {static_cast<double>(line.first - turns * line.slope), static_cast<double>(line.slope)};
  }
  Line line(std::int64_t turns) const {
    if (slope == 0) return {nearest(rest), 0};
    const std::int64_t step = nearest(slope);
    return {nearest(rest) + turns * step, step};
  }
  Rest& operator+=(const Rest& other) {
    rest += other.rest;
    slope += other.slope;
    return *this;
  }
  friend Rest operator*(double factor, Rest r) { return {factor * r.rest, factor * r.slope}; }
};

// The longer of two, and for how many steps it stays so. At a tie the steeper one is the longer.
inline const Line& longer(const Line& a, const Line& b, std::int64_t& steps) {
  const bool a_is_longer = a.first > b.first || (a.first == b.first && a.slope >= b.slope);
  const Line& big = a_is_longer ? a : b;
  const Line& small = a_is_longer ? b : a;
  if (small.slope > big.slope) {
    const std::int64_t lead = big.first - small.first;  // > 0, since the steeper wins a tie
    steps = std::min(steps, (lead - 1) / (small.slope - big.slope) + 1);
  }
  return big;
}

}  // namespace kvern::power
