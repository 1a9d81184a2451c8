#include "models/power/coefficients.h"

#include <fmt/format.h>

#include <cmath>

#include "models/power/clock_grid.h"
#include "models/power/idle_states.h"
#include "sim/base/time.h"

namespace kvern::power {
namespace {

constexpr double kPicojoulesPerWattTick = 1e12 / (1e9 * static_cast<double>(kTicksPerNs));
// Joules per FLOP of 8-bit floats against 16-bit ones: a guess, 0.5 to 0.6.
constexpr double kEightBitShare = 0.55;

}  // namespace

bool coefficients_known(const Deployment& d) {
  const HardwareSpec* h = d.hardware;
  return h != nullptr && h->context_watts && h->gemm_joules_per_flop &&
         h->attention_joules_per_flop && h->joules_per_hbm_byte &&
         (d.gpus() == 1 || h->joules_per_link_byte);
}

std::string refusal_of(const Deployment& d, bool known, const PowerSettings& settings) {
  if (settings.celsius && d.hardware == nullptr) return "celsius needs hardware";
  if (settings.celsius) {
    if (std::string why = celsius_refusal(*d.hardware, settings.celsius); !why.empty()) return why;
  }
  if (!settings.cap && !settings.clock) return {};
  if (d.hardware == nullptr) return "power_cap and clock need hardware";
  const HardwareSpec& h = *d.hardware;
  if (!known) {
    return h.name +
           ": its joules with this step cost are unknown, so power_cap and clock have no "
           "known effect";
  }
  if (!h.voltage_knee_share || !h.voltage_floor_share) {
    return h.name + ": its voltage curve is unknown, so power_cap and clock have no known effect";
  }
  if (settings.cap && settings.cap->value > h.power_cap_watts) {
    return fmt::format("power_cap: {} W is above the board's limit of {} W", settings.cap->value,
                       h.power_cap_watts);
  }
  if (settings.cap && settings.cap->value <= h.context_watts->value) {
    return fmt::format("power_cap: {} W is not above the {} W that the board draws idle",
                       settings.cap->value, h.context_watts->value);
  }
  if (settings.clock) {
    const double mhz = settings.clock->value;
    if (mhz < h.lowest_clock_mhz || mhz > h.base_clock_mhz ||
        std::floor(mhz / power::kClockStepMhz) * power::kClockStepMhz != mhz) {
      return fmt::format("clock: {} MHz is not a multiple of {} between {} and {} MHz", mhz,
                         power::kClockStepMhz, h.lowest_clock_mhz, h.base_clock_mhz);
    }
  }
  return {};
}

Coefficients coefficients_of(const Deployment& d, const PowerSettings& settings) {
  const HardwareSpec& h = *d.hardware;
  const double gpus = d.gpus();
  const double pico = 1e12 * gpus;
  const bool eight_bit = d.weight_bytes_per_value == 1 && h.fp8_flops;
  Coefficients c;
  c.context = context_watts(h, settings.celsius) * kPicojoulesPerWattTick * gpus;
  c.flop[static_cast<int>(Arithmetic::Gemm)] =
      h.gemm_joules_per_flop->value * pico * (eight_bit ? kEightBitShare : 1);
  c.flop[static_cast<int>(Arithmetic::Attention)] = h.attention_joules_per_flop->value * pico;
  c.hbm_byte = h.joules_per_hbm_byte->value * pico;
  c.link_byte = h.joules_per_link_byte ? h.joules_per_link_byte->value * pico : 0;
  const double looseness = h.cap_looseness ? h.cap_looseness->value : 0;
  const double watts = settings.cap ? settings.cap->value : h.power_cap_watts;
  c.cap_watts = watts;
  c.watt = kPicojoulesPerWattTick * gpus;
  c.cap = watts * (1 + looseness) * c.watt;
  return c;
}

}  // namespace kvern::power
