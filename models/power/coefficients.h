// The joules of a replica's work, from the hardware file and the pool's settings.
#pragma once

#include <string>

#include "models/power/state_power.h"

namespace kvern::power {

// Of all GPUs of the replica, in pJ.
struct Coefficients {
  double context = 0;          // a tick
  double flop[3] = {0, 0, 0};  // by Arithmetic
  double hbm_byte = 0;
  double link_byte = 0;
  double cap = 0;        // a tick
  double watt = 1;       // a watt on each GPU, a tick
  double cap_watts = 0;  // of a GPU, as it was asked for
};

bool coefficients_known(const Deployment& deployment);
// Why these settings can't be had, or "". `known`: the joules of the deployment's steps are.
std::string refusal_of(const Deployment& deployment, bool known, const PowerSettings& settings);
// Of a deployment whose coefficients are known.
Coefficients coefficients_of(const Deployment& deployment, const PowerSettings& settings);

}  // namespace kvern::power
