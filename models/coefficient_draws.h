// Coefficients drawn from their ranges, for bands: a Latin hypercube, so that a few dozen draws
// cover every range evenly. A draw is the same for all pools, policies and points of a sweep that
// use a coefficient (common random numbers): differences between them are not noise.
#pragma once

#include <cstdint>
#include <string_view>

#include "models/facility.h"
#include "sim/hardware.h"

namespace kvern {

struct BandDraw {
  std::uint32_t index = 0;  // of `count`
  std::uint32_t count = 1;
  std::uint64_t seed = 1;
};

// Triangular over low .. high with its peak at value. `name` is the coefficient's, the same for all
// who use it; over the draws of a band each of `count` equal shares of probability is met once.
double drawn(const BandDraw& draw, std::string_view name, const Coefficient& c);

// Every coefficient of the board; all its watts and joules with one gain of the meter they were
// fitted to (5 %). How many ranges that were.
int draw_hardware(const BandDraw& draw, HardwareSpec& hardware);
// The grid's table (15 % between tables), embodied carbon.
void draw_facility(const BandDraw& draw, Facility& facility, FacilityData& data);
// Time of the host a step: our own runs of two models lie at 0.31 and 0.40 ms a decode step.
double drawn_host_factor(const BandDraw& draw);

}  // namespace kvern
