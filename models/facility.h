// From the boards' joules to the building's: hosts, cooling and supply (PUE), grams of CO2e.
// Boundaries: IT = boards + hosts (without their fans and power supplies); facility = IT x PUE.
#pragma once

#include <optional>
#include <string>

#include "sim/base/parameters.h"

namespace kvern {

struct Facility {
  std::optional<double> host_watts_per_gpu;  // a GPU's share of its server
  std::optional<double> pue;
  std::optional<double> grams_per_kwh;  // location-based, average
  std::string intensity_source;         // the table, for every output that uses it
};

// The keys host, host_load, gpus_per_node, pue, grid and intensity of [energy]; the caller calls
// finish(). What is not said stays unknown.
Facility read_facility(Parameters& p);

// Null where a part of it is unknown. `gpus` boards drew `board_joules` over `seconds`.
std::optional<double> facility_joules(const Facility& facility, double board_joules, double gpus,
                                      double seconds);
std::optional<double> carbon_grams(const Facility& facility, double board_joules, double gpus,
                                   double seconds);

// One server: two sockets of P(x) = a ln(b (x + c)) + d at x % load (strongly concave), DIMMs of
// 4 W, NICs and disks. `load` is a share.
double xeon_platinum_server_watts(double load);

}  // namespace kvern
