#include "sim/ports/sleep.h"

namespace kvern {

const char* name(SleepDepth depth) {
  static constexpr const char* names[kSleepDepths] = {"sleep1", "sleep2", "bare", "off"};
  return names[static_cast<int>(depth)];
}

SimTime IdleStates::break_even(SleepDepth depth) const {
  const SleepState& state = sleep[static_cast<std::size_t>(depth)];
  const std::int64_t saved = settled_milliwatts - state.milliwatts;
  if (!state.unknown.empty() || !state.unknown_wake.empty() || saved <= 0) return kNever;
  // pJ over pJ/ns; below 2^63 pJ = 9 MJ a wake.
  return state.wake_ns * state.wake_milliwatts / saved;
}

}  // namespace kvern
