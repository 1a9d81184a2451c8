#include "models/power/idle_states.h"

#include "models/power/clock_grid.h"
#include "sim/base/exact_math.h"

namespace kvern {
namespace {

std::int64_t milliwatts(double watts) { return exact::nearest_whole(watts * 1e3); }

SimTime nanoseconds(double seconds) { return exact::nearest_whole(seconds * 1e9); }

SleepState unknown(const HardwareSpec& h, const char* what) {
  SleepState state;
  state.unknown = h.name + ": " + what + " is unknown";
  return state;
}

std::string no_wake(const HardwareSpec& h, const char* what) {
  return h.name + ": " + what + " is unknown; give wake";
}

// Weights come back from host memory.
SleepState weights_asleep(const Deployment& d, double settled) {
  const HardwareSpec& h = *d.hardware;
  SleepState state;
  state.milliwatts = milliwatts(settled * d.gpus());
  state.wake_milliwatts = milliwatts(h.context_watts->value * d.gpus());
  if (!h.restore_bytes_per_second || d.model == nullptr) {
    state.unknown_wake = no_wake(h, "how fast weights come back from host memory");
    return state;
  }
  const double bytes =
      static_cast<double>(d.model->parameters()) * d.weight_bytes_per_value / d.tensor_parallel;
  state.wake_ns = nanoseconds(bytes / h.restore_bytes_per_second->value);
  return state;
}

// The model is loaded again, after `before` seconds of making a context.
SleepState reloading(const Deployment& d, const std::optional<Coefficient>& before) {
  const HardwareSpec& h = *d.hardware;
  if (!h.bare_watts) return unknown(h, "what it draws without a context");
  if (!h.load_watts) return unknown(h, "what it draws while a model is loaded");
  SleepState state;
  state.milliwatts = milliwatts(h.bare_watts->value * d.gpus());
  state.wake_milliwatts = milliwatts(h.load_watts->value * d.gpus());
  if (!h.load_seconds) {
    state.unknown_wake = no_wake(h, "how long a model loads");
  } else if (!before) {
    state.unknown_wake = no_wake(h, "how long a context takes");
  } else {
    state.wake_ns = nanoseconds(before->value + h.load_seconds->value);
  }
  return state;
}

}  // namespace

double context_watts(const HardwareSpec& h, std::optional<double> celsius) {
  const double watts = h.context_watts->value;
  if (!celsius) return watts;
  return watts + h.leakage_watts_per_celsius->value * (*celsius - h.leakage_at_celsius);
}

std::string celsius_refusal(const HardwareSpec& h, std::optional<double> celsius) {
  if (!celsius || (h.context_watts && h.leakage_watts_per_celsius)) return {};
  return h.name + ": how its idle power follows temperature is unknown, so celsius has no effect";
}

IdleStates idle_states(const Deployment& d, const PowerSettings& settings) {
  const HardwareSpec& h = *d.hardware;
  IdleStates states;
  if (!h.context_watts) {
    for (SleepState& state : states.sleep) state = unknown(h, "what it draws idle");
    return states;
  }
  const double mhz = settings.clock ? settings.clock->value : h.base_clock_mhz;
  const double context =
      context_watts(h, settings.celsius) * power::clock_grid(h, mhz).front().context;
  double settled = context;
  if (h.hold_seconds && h.settled_watts) {
    settled = h.settled_watts->value;
    states.hold_ns = nanoseconds(h.hold_seconds->value);
  }
  states.milliwatts = milliwatts(context * d.gpus());
  states.settled_milliwatts = milliwatts(settled * d.gpus());
  const auto at = [&states](SleepDepth depth) -> SleepState& {
    return states.sleep[static_cast<std::size_t>(depth)];
  };
  at(SleepDepth::Weights) = weights_asleep(d, settled);
  at(SleepDepth::Process) = reloading(d, Coefficient{});
  at(SleepDepth::Bare) = reloading(d, h.context_seconds);
  // While a node boots it draws at most what it does while it loads.
  at(SleepDepth::Off) = reloading(d, Coefficient{});
  at(SleepDepth::Off).milliwatts = 0;
  at(SleepDepth::Off).unknown_wake = no_wake(h, "how long a node boots");
  return states;
}

}  // namespace kvern
