// How a value of each type is written in a scenario. Used by Parameters alone.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "sim/base/config/config.h"
#include "sim/base/config/issues.h"

namespace kvern {

// Inclusive limits of a number, in the base unit of its type (ns, B, W ...).
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
inline constexpr Range kPositive{std::numeric_limits<double>::min(),
                                 std::numeric_limits<double>::infinity()};
inline constexpr Range kNonNegative{0, std::numeric_limits<double>::infinity()};

// T: those of Parameters::get.
template <class T>
struct ValueReader {
  // "duration": as in messages and `kvern describe`.
  static const char* type();
  // Null with an issue at the value: `ttft = 500 has no unit; write a duration such as "5 ms"`.
  static std::optional<T> read(std::string_view key, const Config& value, Range range,
                               Issues& issues);
  static std::string toml(const T& value);
};

}  // namespace kvern
