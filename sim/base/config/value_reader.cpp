#include "sim/base/config/value_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "sim/base/config/quantity.h"
#include "sim/base/config/toml_text.h"
#include "sim/base/time.h"
#include "sim/base/units.h"

namespace kvern {
namespace {

// The quantities of units.h: name, unit of the number inside, an example.
template <class T>
struct Kind;
template <>
struct Kind<Duration> {
  static constexpr const char *type = "duration", *unit = "ns", *example = "5 ms";
};
template <>
struct Kind<Ticks> : Kind<Duration> {};
template <>
struct Kind<Bytes> {
  static constexpr const char *type = "size", *unit = "B", *example = "4 GiB";
};
template <>
struct Kind<BytesPerSecond> {
  static constexpr const char *type = "bandwidth", *unit = "B/s", *example = "50 GB/s";
};
template <>
struct Kind<RequestsPerSecond> {
  static constexpr const char *type = "request rate", *unit = "req/s", *example = "2 req/s";
};
template <>
struct Kind<Watts> {
  static constexpr const char *type = "power", *unit = "W", *example = "700 W";
};
template <>
struct Kind<Joules> {
  static constexpr const char *type = "energy", *unit = "J", *example = "3 kJ";
};
template <>
struct Kind<Grams> {
  static constexpr const char *type = "mass", *unit = "g", *example = "164 kg";
};
template <>
struct Kind<Megahertz> {
  static constexpr const char *type = "frequency", *unit = "MHz", *example = "1410 MHz";
};
template <>
struct Kind<GramsPerKilowattHour> {
  static constexpr const char *type = "carbon intensity", *unit = "g/kWh", *example = "56 g/kWh";
};
template <>
struct Kind<JoulesPerByte> {
  static constexpr const char *type = "energy per byte", *unit = "J/B", *example = "137 pJ/B";
};
template <>
struct Kind<JoulesPerFlop> {
  static constexpr const char *type = "energy per FLOP", *unit = "J/FLOP",
                              *example = "1.27 pJ/FLOP";
};
template <>
struct Kind<FlopPerSecond> {
  static constexpr const char *type = "arithmetic rate", *unit = "FLOP/s", *example = "989 TFLOP/s";
};

template <class T>
constexpr bool kIsCount = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <class T>
constexpr bool kIsWhole = std::is_same_v<T, Duration> || std::is_same_v<T, Bytes>;

template <class T>
double number_of(const T& value) {
  if constexpr (std::is_same_v<T, Duration>) {
    return static_cast<double>(value.ns);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return static_cast<double>(value);
  } else {
    return static_cast<double>(value.value);
  }
}

std::string with_point(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".einf") == std::string::npos ? text + ".0" : text;
}

template <class T>
std::string limit_text(double limit) {
  if constexpr (kIsCount<T>) {
    return fmt::format("{}", static_cast<std::int64_t>(limit));
  } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, Share>) {
    return fmt::format("{}", limit);
  } else {
    if (std::is_same_v<T, Ticks>) limit /= static_cast<double>(kTicksPerNs);
    return limit == 0 ? "0" : quantity_text(limit, Kind<T>::unit);
  }
}

// Quantities are never negative, shares at most 1, and integers fit, unless the range says more.
template <class T>
Range default_range(Range range) {
  const double infinity = std::numeric_limits<double>::infinity();
  if constexpr (!std::is_arithmetic_v<T>) {
    if (range.min == -infinity) range.min = 0;
  }
  if constexpr (std::is_same_v<T, Share>) {
    if (range.max == infinity) range.max = 1;
  }
  if constexpr (kIsCount<T> && sizeof(T) < 8) {
    range.min = std::max(range.min, static_cast<double>(std::numeric_limits<T>::min()));
    range.max = std::min(range.max, static_cast<double>(std::numeric_limits<T>::max()));
  }
  return range;
}

template <class T>
bool in_range(std::string_view key, const Config& value, double number, Range wished,
              Issues& issues) {
  const Range range = default_range<T>(wished);
  if (number >= range.min && number <= range.max) return true;
  const double infinity = std::numeric_limits<double>::infinity();
  std::string hint = "it must be ";
  if (range.min == kPositive.min) {
    hint += "above 0";
  } else if (range.min != -infinity) {
    hint += "at least " + limit_text<T>(range.min);
  }
  if (range.max != infinity) {
    hint += (range.min == -infinity ? "at most " : " and at most ") + limit_text<T>(range.max);
  }
  issues.error(value.where, fmt::format("{} = {} is out of range", key, toml_text(value)), hint);
  return false;
}

template <class T>
std::nullopt_t wrong_type(std::string_view key, const Config& value, const std::string& because,
                          const std::string& hint, Issues& issues) {
  issues.error(value.where,
               fmt::format("{} = {} is not a {}{}", key, toml_text(value), ValueReader<T>::type(),
                           because.empty() ? "" : ": " + because),
               hint);
  return std::nullopt;
}

// A quantity from text, in `unit`s. Null with an issue.
template <class T>
std::optional<T> read_quantity(std::string_view key, const Config& value, const char* unit,
                               const std::string& hint, Issues& issues) {
  std::string why;
  const auto quantity = parse_quantity(value.text, why);
  if (!quantity)
    return wrong_type<T>(key, value, why, why.find(';') < why.size() ? "" : hint, issues);
  if (!quantity->same_kind(parse_unit(unit))) return wrong_type<T>(key, value, "", hint, issues);
  T result;
  if constexpr (std::is_same_v<T, Ticks>) {
    const auto ticks = rounded_in(*quantity, unit, kTicksPerNs);
    if (!ticks) return wrong_type<T>(key, value, "too long", "", issues);
    result.value = *ticks;
  } else if constexpr (kIsWhole<T>) {
    const auto whole = whole_in(*quantity, unit);
    if (!whole) {
      const bool large = std::abs(value_in(*quantity, unit)) > 9e18;  // 64 bits end at 9.2e18
      return wrong_type<T>(
          key, value, large ? "it is too large" : fmt::format("not a whole number of {}", unit), "",
          issues);
    }
    if constexpr (std::is_same_v<T, Duration>) result.ns = *whole;
    if constexpr (std::is_same_v<T, Bytes>) result.value = *whole;
  } else {
    result.value = value_in(*quantity, unit);
  }
  return result;
}

}  // namespace

template <class T>
const char* ValueReader<T>::type() {
  if constexpr (std::is_same_v<T, bool>) {
    return "boolean";
  } else if constexpr (kIsCount<T>) {
    return "count";
  } else if constexpr (std::is_same_v<T, double>) {
    return "number";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "text";
  } else if constexpr (std::is_same_v<T, Share>) {
    return "share";
  } else {
    return Kind<T>::type;
  }
}

template <class T>
std::optional<T> ValueReader<T>::read(std::string_view key, const Config& value, Range range,
                                      Issues& issues) {
  using enum Config::Kind;
  const bool numeric = value.kind == Integer || value.kind == Number;
  const double number = value.kind == Integer ? static_cast<double>(value.integer) : value.number;
  if constexpr (std::is_same_v<T, bool>) {
    if (value.kind == Boolean) return value.boolean;
    return wrong_type<T>(key, value, "", "write true or false", issues);
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (value.kind == Text) return value.text;
    return wrong_type<T>(key, value, "", "put it in quotes", issues);
  } else if constexpr (kIsCount<T>) {
    if (value.kind != Integer) {
      return wrong_type<T>(key, value, "", "write a whole number without quotes", issues);
    }
    if (!in_range<T>(key, value, number, range, issues)) return std::nullopt;
    return static_cast<T>(value.integer);
  } else if constexpr (std::is_same_v<T, double>) {
    if (!numeric) return wrong_type<T>(key, value, "", "write a bare number", issues);
    if (!in_range<T>(key, value, number, range, issues)) return std::nullopt;
    return number;
  } else {
    std::optional<T> result;
    if constexpr (std::is_same_v<T, Share>) {
      const char* hint = "write 0 to 1, or \"20 %\"";
      if (numeric) result = Share{number};
      if (value.kind == Text) result = read_quantity<T>(key, value, "%", hint, issues);
      if (value.kind == Text && result) result->value /= 100;
      if (!numeric && value.kind != Text) return wrong_type<T>(key, value, "", hint, issues);
    } else {
      const std::string hint = fmt::format("write it like \"{}\"", Kind<T>::example);
      if (numeric) {
        issues.error(value.where, fmt::format("{} = {} has no unit", key, toml_text(value)),
                     fmt::format("write a {} like \"{}\"", type(), Kind<T>::example));
        return std::nullopt;
      }
      if (value.kind != Text) return wrong_type<T>(key, value, "", hint, issues);
      result = read_quantity<T>(key, value, Kind<T>::unit, hint, issues);
    }
    if (!result) return std::nullopt;
    if (!in_range<T>(key, value, number_of(*result), range, issues)) return std::nullopt;
    return result;
  }
}

template <class T>
std::string ValueReader<T>::toml(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (kIsCount<T>) {
    return fmt::format("{}", value);
  } else if constexpr (std::is_same_v<T, double>) {
    return with_point(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return toml_text(value);
  } else if constexpr (std::is_same_v<T, Share>) {
    return with_point(value.value);
  } else if constexpr (std::is_same_v<T, Duration>) {
    return '"' + quantity_text(value.ns, "ns") + '"';
  } else if constexpr (std::is_same_v<T, Ticks>) {
    if (value.value % kTicksPerNs == 0)
      return ValueReader<Duration>::toml({value.value / kTicksPerNs});
    const double ns = static_cast<double>(value.value) / static_cast<double>(kTicksPerNs);
    return '"' + quantity_text(ns, "ns") + '"';
  } else {
    return '"' + quantity_text(value.value, Kind<T>::unit) + '"';
  }
}

template struct ValueReader<bool>;
template struct ValueReader<int>;
template struct ValueReader<std::int64_t>;
template struct ValueReader<std::uint32_t>;
template struct ValueReader<double>;
template struct ValueReader<std::string>;
template struct ValueReader<Duration>;
template struct ValueReader<Ticks>;
template struct ValueReader<Bytes>;
template struct ValueReader<BytesPerSecond>;
template struct ValueReader<RequestsPerSecond>;
template struct ValueReader<Watts>;
template struct ValueReader<Joules>;
template struct ValueReader<Grams>;
template struct ValueReader<Megahertz>;
template struct ValueReader<GramsPerKilowattHour>;
template struct ValueReader<JoulesPerByte>;
template struct ValueReader<JoulesPerFlop>;
template struct ValueReader<FlopPerSecond>;
template struct ValueReader<Share>;

}  // namespace kvern
