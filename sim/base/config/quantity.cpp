#include "sim/base/config/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "sim/base/config/decimal.h"
#include "sim/base/config/issues.h"

namespace kvern {
namespace {

using Integer = Quantity::Integer;

enum Base { Second, Byte, Joule, Gram, Request, Token, Flop };

struct Unit {
  const char* symbol;
  std::int64_t numerator;
  std::int64_t denominator;
  int base;            // -1: none
  int per_second = 0;  // power of seconds besides
};

constexpr std::int64_t k = 1'000, M = k * k, G = k * M, T = k * G, P = k * T;
constexpr std::int64_t Ki = 1'024, Mi = Ki * Ki, Gi = Ki * Mi, Ti = Ki * Gi;
constexpr Unit kUnits[] = {
    {"ns", 1, G, Second},
    {"us", 1, M, Second},
    {"ms", 1, k, Second},
    {"s", 1, 1, Second},
    {"min", 60, 1, Second},
    {"h", 3'600, 1, Second},
    {"d", 86'400, 1, Second},
    {"y", 31'536'000, 1, Second},
    {"B", 1, 1, Byte},
    {"kB", k, 1, Byte},
    {"MB", M, 1, Byte},
    {"GB", G, 1, Byte},
    {"TB", T, 1, Byte},
    {"KiB", Ki, 1, Byte},
    {"MiB", Mi, 1, Byte},
    {"GiB", Gi, 1, Byte},
    {"TiB", Ti, 1, Byte},
    {"W", 1, 1, Joule, -1},
    {"kW", k, 1, Joule, -1},
    {"MW", M, 1, Joule, -1},
    {"J", 1, 1, Joule},
    {"pJ", 1, T, Joule},
    {"nJ", 1, G, Joule},
    {"uJ", 1, M, Joule},
    {"mJ", 1, k, Joule},
    {"kJ", k, 1, Joule},
    {"MJ", M, 1, Joule},
    {"Wh", 3'600, 1, Joule},
    {"kWh", 3'600'000, 1, Joule},
    {"g", 1, 1, Gram},
    {"kg", k, 1, Gram},
    {"t", M, 1, Gram},
    {"Hz", 1, 1, -1, -1},
    {"kHz", k, 1, -1, -1},
    {"MHz", M, 1, -1, -1},
    {"GHz", G, 1, -1, -1},
    {"FLOP", 1, 1, Flop},
    {"GFLOP", G, 1, Flop},
    {"TFLOP", T, 1, Flop},
    {"PFLOP", P, 1, Flop},
    {"req", 1, 1, Request},
    {"tok", 1, 1, Token},
    {"%", 1, 100, -1},
};

const Unit* find_unit(std::string_view symbol) {
  for (const Unit& unit : kUnits) {
    if (symbol == unit.symbol) return &unit;
  }
  return nullptr;
}

Integer common_divisor(Integer a, Integer b) {
  if (a < 0) a = -a;
  while (b != 0) {
    const Integer rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// q *= numerator / denominator; false where it overflows.
bool scale(Quantity& q, Integer numerator, Integer denominator) {
  if (__builtin_mul_overflow(q.numerator, numerator, &q.numerator)) return false;
  if (__builtin_mul_overflow(q.denominator, denominator, &q.denominator)) return false;
  const Integer divisor = common_divisor(q.numerator, q.denominator);
  if (divisor > 1) {
    q.numerator /= divisor;
    q.denominator /= divisor;
  }
  return true;
}

bool apply(Quantity& q, const Unit& unit, bool divide) {
  const int sign = divide ? -1 : 1;
  if (unit.base >= 0) q.powers[unit.base] += sign;
  q.powers[Second] += sign * unit.per_second;
  return divide ? scale(q, unit.denominator, unit.numerator)
                : scale(q, unit.numerator, unit.denominator);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

std::string unknown_unit(std::string_view symbol) {
  if (symbol.empty()) return "a unit is missing";
  const auto same_letters = [symbol](const char* known) {
    const std::string_view word(known);
    return std::equal(word.begin(), word.end(), symbol.begin(), symbol.end(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) ==
             std::tolower(static_cast<unsigned char>(b));
    });
  };
  std::vector<std::string> known;
  std::string hint;
  for (const Unit& unit : kUnits) {
    known.emplace_back(unit.symbol);
    if (same_letters(unit.symbol)) hint = fmt::format("did you mean \"{}\"?", unit.symbol);
  }
  // Of one or two letters every unit is near.
  if (hint.empty() && symbol.size() > 2) hint = did_you_mean(symbol, known);
  return fmt::format("unknown unit \"{}\"{}", symbol, hint.empty() ? "" : "; " + hint);
}

// "GB/s", "W*h": multiplies `q` by the unit.
bool apply_units(Quantity& q, std::string_view text, std::string& why) {
  bool divide = false;
  while (true) {
    const std::size_t end = text.find_first_of("*/");
    const std::string_view symbol = trimmed(text.substr(0, end));
    const Unit* unit = find_unit(symbol);
    if (unit == nullptr) {
      why = unknown_unit(symbol);
      return false;
    }
    const bool large = q.numerator / q.denominator > 1;
    if (!apply(q, *unit, divide)) {
      why = large ? "it is too large" : "too many digits";
      return false;
    }
    if (end == std::string_view::npos) return true;
    divide = text[end] == '/';
    text.remove_prefix(end + 1);
  }
}

// Reads a decimal number off the front of `text` into q (which is 1). False: none, or too long.
bool take_number(std::string_view& text, Quantity& q, std::string& why) {
  std::size_t i = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
  Integer mantissa = 0;
  int exponent = 0;
  int digits = 0;
  bool point = false;
  // As in TOML, "_" stands between two digits.
  const auto digit_at = [&](std::size_t at) { return at < text.size() && is_digit(text[at]); };
  for (; i < text.size() && (is_digit(text[i]) || text[i] == '_' || (text[i] == '.' && !point));
       ++i) {
    if (text[i] == '.') point = true;
    if (text[i] == '_' && (i == 0 || !digit_at(i - 1) || !digit_at(i + 1))) {
      why = "an underscore stands between two digits";
      return false;
    }
    if (!is_digit(text[i])) continue;
    mantissa = mantissa * 10 + (text[i] - '0');
    exponent -= point ? 1 : 0;
    if (++digits > 24) {
      why = "too many digits";
      return false;
    }
  }
  if (digits == 0) {
    why = "it does not start with a number";
    return false;
  }
  // "1e-6 s", but not the "e" of a word.
  if (i + 1 < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t j = i + 1;
    const bool minus = text[j] == '-';
    if (text[j] == '-' || text[j] == '+') ++j;
    int power = 0;
    const std::size_t first = j;
    for (; j < text.size() && is_digit(text[j]) && power < 100; ++j) {
      power = power * 10 + (text[j] - '0');
    }
    if (j > first) {
      exponent += minus ? -power : power;
      i = j;
    }
  }
  text.remove_prefix(i);
  q.numerator = negative ? -mantissa : mantissa;
  for (; exponent != 0; exponent += exponent < 0 ? 1 : -1) {
    if (!(exponent < 0 ? scale(q, 1, 10) : scale(q, 10, 1))) {
      why = exponent > 0 ? "it is too large" : "too many digits";
      return false;
    }
  }
  return true;
}

// How many of `unit`, as a reduced fraction.
Quantity in_units(const Quantity& quantity, std::string_view unit) {
  const Quantity one = parse_unit(unit);
  Quantity ratio = quantity;
  // Cancel crosswise first, so that no exact value overflows.
  Integer numerator = one.denominator;
  Integer denominator = one.numerator;
  const Integer a = common_divisor(ratio.numerator, denominator);
  const Integer b = common_divisor(numerator, ratio.denominator);
  if (a > 1) ratio.numerator /= a, denominator /= a;
  if (b > 1) ratio.denominator /= b, numerator /= b;
  scale(ratio, numerator, denominator);
  return ratio;
}

// Units to spell a quantity of this kind in, largest first.
std::vector<const char*> spellings(std::string_view unit) {
  if (unit == "ns") return {"d", "h", "min", "s", "ms", "us", "ns"};
  if (unit == "B") return {"TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB", "B"};
  if (unit == "B/s") return {"TB/s", "GB/s", "MB/s", "kB/s", "B/s"};
  if (unit == "W") return {"MW", "kW", "W"};
  if (unit == "J") return {"kWh", "MJ", "kJ", "J", "mJ", "uJ", "nJ", "pJ"};
  if (unit == "J/B") return {"J/B", "uJ/B", "nJ/B", "pJ/B"};
  if (unit == "J/FLOP") return {"nJ/FLOP", "pJ/FLOP"};
  if (unit == "FLOP/s") return {"PFLOP/s", "TFLOP/s", "GFLOP/s", "FLOP/s"};
  if (unit == "g") return {"t", "kg", "g"};
  return {};
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text, std::string& why) {
  text = trimmed(text);
  Quantity q;
  q.numerator = 1;
  if (!take_number(text, q, why)) return std::nullopt;
  text = trimmed(text);
  if (text.empty()) {
    why = "it has no unit";
    return std::nullopt;
  }
  if (!apply_units(q, text, why)) return std::nullopt;
  return q;
}

Quantity parse_unit(std::string_view unit) {
  Quantity one;
  one.numerator = 1;
  std::string why;
  apply_units(one, unit, why);
  return one;
}

double value_in(const Quantity& quantity, std::string_view unit) {
  const Quantity ratio = in_units(quantity, unit);
  // Both sides are exact doubles in practice, so one division rounds once.
  return static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator);
}

std::optional<std::int64_t> whole_in(const Quantity& quantity, std::string_view unit) {
  const Quantity ratio = in_units(quantity, unit);
  if (ratio.denominator != 1) return std::nullopt;
  if (ratio.numerator > INT64_MAX || ratio.numerator < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(ratio.numerator);
}

std::optional<std::int64_t> rounded_in(const Quantity& quantity, std::string_view unit,
                                       std::int64_t per_unit) {
  Quantity ratio = in_units(quantity, unit);
  if (!scale(ratio, per_unit, 1)) return std::nullopt;
  const Integer half = ratio.numerator < 0 ? -ratio.denominator / 2 : ratio.denominator / 2;
  const Integer steps = (ratio.numerator + half) / ratio.denominator;
  if (steps > INT64_MAX || steps < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(steps);
}

std::string quantity_text(double value, std::string_view unit) {
  std::string best = fmt::format("{} {}", value, unit);
  std::string why;
  for (const char* spelling : spellings(unit)) {
    const Quantity ratio = in_units(parse_unit(unit), spelling);
    const double scaled =
        value * static_cast<double>(ratio.numerator) / static_cast<double>(ratio.denominator);
    std::string text = fmt::format("{} {}", scaled, spelling);
    const auto back = parse_quantity(text, why);
    if (back && value_in(*back, unit) == value && text.size() < best.size()) best = text;
  }
  return best;
}

std::string quantity_text(std::int64_t value, std::string_view unit) {
  for (const char* spelling : spellings(unit)) {
    Quantity q = parse_unit(unit);
    scale(q, value, 1);
    const Quantity ratio = in_units(q, spelling);
    if (value != 0 && ratio.denominator == 1) {
      return fmt::format("{} {}", static_cast<std::int64_t>(ratio.numerator), spelling);
    }
  }
  return fmt::format("{} {}", value, unit);
}

}  // namespace kvern
