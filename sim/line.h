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

// A run of steps is never longer than this, so that every sum of a price fits 63 bits.
inline constexpr std::int64_t kLongestRun = 8192;

}  // namespace kvern
