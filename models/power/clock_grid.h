// The clocks of a board that its power model may choose: a grid of 15 MHz.
#pragma once

#include <vector>

#include "sim/hardware.h"

namespace kvern::power {

inline constexpr double kClockStepMhz = 15;

struct ClockPoint {
  double slowdown = 1;  // f0 / f: how much longer arithmetic takes
  // Against those at the base clock:
  double dynamic = 1;  // joules per FLOP, phi(f) = (V(f) / V0)^2
  double hbm = 1;      // joules per HBM byte: on the core's rail they fall with phi
  double context = 1;  // idle watts with a context: clocks fall with f phi, leakage stays
};

// From `highest_mhz` down to the lowest; only the base clock where the voltage curve is unknown.
std::vector<ClockPoint> clock_grid(const HardwareSpec& hardware, double highest_mhz);

}  // namespace kvern::power
