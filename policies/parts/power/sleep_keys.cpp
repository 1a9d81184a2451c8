#include "policies/sleep.h"

namespace kvern::sleep {

SleepDepth read_depth(Parameters& p) {
  const std::string word =
      p.choice("state", "bare", {"sleep1", "sleep2", "bare", "off"},
               "weights in host memory, weights dropped, no process, or no power");
  for (int depth = 0; depth < kSleepDepths; ++depth) {
    if (word == name(static_cast<SleepDepth>(depth))) return static_cast<SleepDepth>(depth);
  }
  return SleepDepth::Bare;
}

SimTime read_gather(Parameters& p) {
  return p.get("gather", Duration{0}, "asleep, requests wait this long, so that a wake serves more")
      .ns;
}

SimTime read_wake(Parameters& p) {
  const auto wake = p.find<Duration>("wake", "time to wake; absent: as the hardware file says");
  return wake ? wake->ns : kNever;
}

std::string refusal_of(const SleepState& state, SimTime wake) {
  if (!state.unknown.empty()) return state.unknown;
  return wake == kNever ? state.unknown_wake : "";
}

}  // namespace kvern::sleep
