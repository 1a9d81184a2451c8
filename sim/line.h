// A price is a line: step i of a run of equal decode steps costs first + i * slope, in integers.
#pragma once

#include <cstdint>

namespace kvern {

struct Line {
  std::int64_t first = 0;
  std::int64_t slope = 0;

  std::int64_t at(std::int64_t i) const { return first + i * slope; }
  // Sum over the steps 0 .. count-1.
  std::int64_t sum(std::int64_t count) const {
    return count * first + slope * (count * (count - 1) / 2);
  }
  // Sum over the steps from .. from+count-1.
  std::int64_t sum(std::int64_t from, std::int64_t count) const {
    return Line{at(from), slope}.sum(count);
  }
  Line& operator+=(const Line& other) {
    first += other.first;
    slope += other.slope;
    return *this;
  }
  friend Line operator+(Line a, const Line& b) { return a += b; }
  friend Line operator*(Line a, std::int64_t factor) {
    return {a.first * factor, a.slope * factor};
  }
  friend bool operator==(const Line&, const Line&) = default;
};

// The most steps k <= most with sum(k) <= limit. first and slope are not negative, sum(most + 1)
// fits.
std::int64_t steps_within(const Line& line, std::int64_t limit, std::int64_t most);

// A run of steps is never longer than this, so that every sum of a price fits 63 bits.
inline constexpr std::int64_t kLongestRun = 8192;

// The steps of `line` (never negative) whose sum fits 63 bits: kLongestRun for steps below 1.07 s,
// fewer for longer ones, never less than 1.
inline std::int64_t summable_steps(const Line& line) {
  const std::int64_t growth = line.slope > 0 ? line.slope : 0;
  const double longest = static_cast<double>(line.first) +
                         static_cast<double>(growth) * static_cast<double>(kLongestRun);
  constexpr double kLargestSum = 9.2e18;  // < 2^63
  if (longest * static_cast<double>(kLongestRun) <= kLargestSum) return kLongestRun;
  const auto steps = static_cast<std::int64_t>(kLargestSum / longest);
  return steps < 1 ? 1 : steps;
}

}  // namespace kvern
