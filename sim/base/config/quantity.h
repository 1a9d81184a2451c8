// A number with a unit, exact from its decimal text: "12.7 us", "50 GB/s", "56 g/kWh", "20 %".
//
// A unit is a symbol, or products (*) and quotients (/, each dividing by the one symbol after it):
//   ns us ms s min h d y (365 d); B kB MB GB TB KiB MiB GiB TiB; W kW MW; J pJ nJ uJ mJ kJ MJ Wh
//   kWh; g kg t; Hz kHz MHz GHz; FLOP GFLOP TFLOP PFLOP; req tok; %
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kvern {

// numerator / denominator (> 0) in seconds, bytes, joules, grams, requests, tokens and FLOPs, each
// to its power.
struct Quantity {
  __extension__ typedef __int128 Integer;
  static constexpr int kBases = 7;

  Integer numerator = 0;
  Integer denominator = 1;
  std::array<std::int8_t, kBases> powers{};

  bool same_kind(const Quantity& other) const { return powers == other.powers; }
};

// Null with a reason in `why`: not a number, no unit, an unknown unit (with "did you mean"), too
// many digits.
std::optional<Quantity> parse_quantity(std::string_view text, std::string& why);

// How many of `unit` (of the same kind; see parse_unit) that is: rounded to the nearest double, or
// exact, null where it is not whole or does not fit.
double value_in(const Quantity& quantity, std::string_view unit);
std::optional<std::int64_t> whole_in(const Quantity& quantity, std::string_view unit);
// In steps of 1 / `per_unit` of a unit, to the nearest; null where it does not fit.
std::optional<std::int64_t> rounded_in(const Quantity& quantity, std::string_view unit,
                                       std::int64_t per_unit);

// One of that unit. It must be well formed.
Quantity parse_unit(std::string_view unit);

// The shortest spelling of `value` units that reads back as the same value: (5000000, "ns") is
// "5 ms", (5e10, "B/s") is "50 GB/s".
std::string quantity_text(double value, std::string_view unit);
std::string quantity_text(std::int64_t value, std::string_view unit);

}  // namespace kvern
