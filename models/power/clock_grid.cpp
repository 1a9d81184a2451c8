#include "models/power/clock_grid.h"

namespace kvern::power {
namespace {

// phi at a share of the base clock: the voltage is flat up to the knee, then a line.
double dynamic_at(const HardwareSpec& h, double share) {
  const double knee = h.voltage_knee_share->value;
  const double floor = h.voltage_floor_share->value;
  const double voltage = share <= knee ? floor : floor + (1 - floor) * (share - knee) / (1 - knee);
  return voltage * voltage;
}

}  // namespace

std::vector<ClockPoint> clock_grid(const HardwareSpec& hardware, double highest_mhz) {
  if (!hardware.voltage_knee_share || !hardware.voltage_floor_share) return {ClockPoint{}};
  const double core_share = hardware.memory_core_share ? hardware.memory_core_share->value : 0;
  const double clock_share = hardware.context_clock_share ? hardware.context_clock_share->value : 0;
  std::vector<ClockPoint> grid;
  double mhz = highest_mhz;
  while (mhz >= hardware.lowest_clock_mhz) {
    const double share = mhz / hardware.base_clock_mhz;
    const double dynamic = dynamic_at(hardware, share);
    grid.push_back({1 / share, dynamic, 1 - core_share * (1 - dynamic),
                    1 - clock_share * (1 - share * dynamic)});
    mhz -= kClockStepMhz;
  }
  return grid;
}

}  // namespace kvern::power
