// Simulated time. No double is ever a clock.
#pragma once

#include <cmath>
#include <cstdint>

namespace kvern {

// Nanoseconds from the start of the scenario.
using SimTime = std::int64_t;

inline constexpr SimTime kMicrosecond = 1'000;
inline constexpr SimTime kMillisecond = 1'000'000;
inline constexpr SimTime kSecond = 1'000'000'000;
inline constexpr SimTime kNever = INT64_MAX;

// Prices of time are integers in ticks of 2^-20 ns, so that a run of K steps is an exact integer
// sum; a clock carries whole nanoseconds and the rest of a tick count.
inline constexpr int kTickBits = 20;
inline constexpr std::int64_t kTicksPerNs = std::int64_t{1} << kTickBits;

// A modelled duration (>= 0, below 2.4 h) as a price, to the nearest tick.
inline std::int64_t ticks_of(double seconds) {
  return std::llround(seconds * 1e9 * static_cast<double>(kTicksPerNs));
}

struct Instant {
  SimTime ns = 0;
  std::uint32_t ticks = 0;  // 0 .. 2^20 - 1 beyond ns

  // The instant `duration_ticks` (>= 0) later.
  Instant plus(std::int64_t duration_ticks) const {
    const std::int64_t sum = duration_ticks + ticks;
    return {ns + (sum >> kTickBits), static_cast<std::uint32_t>(sum & (kTicksPerNs - 1))};
  }
  // Rounded up: the nanosecond at which everyone else sees what happens here.
  SimTime ceil_ns() const { return ns + (ticks != 0 ? 1 : 0); }
  // Ticks from `earlier` to here; exact up to 1.2 h, beyond that the ticks of 1.2 h.
  std::int64_t ticks_since(const Instant& earlier) const {
    constexpr SimTime longest = std::int64_t{1} << 42;
    if (ns - earlier.ns >= longest) return longest << kTickBits;
    return ((ns - earlier.ns) << kTickBits) + ticks - earlier.ticks;
  }
  friend bool operator==(const Instant&, const Instant&) = default;
  friend auto operator<=>(const Instant&, const Instant&) = default;
};

}  // namespace kvern
