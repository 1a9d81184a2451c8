#include "sim/base/config/decimal.h"

#include <charconv>

namespace kvern {

namespace {

// The exponent of "e-05"; empty when malformed.
std::optional<int> exponent_of(std::string_view text) {
  if (text.empty()) return 0;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return exponent;
}

}  // namespace

std::optional<std::int64_t> scaled_decimal(std::string_view text, int digits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::size_t end = 0;  // of the digits and the point
  std::size_t point = std::string_view::npos;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) {
    if (text[end] == '.') {
      if (point != std::string_view::npos) return std::nullopt;
      point = end;
    }
    ++end;
  }
  if (end < text.size() && text[end] != 'e' && text[end] != 'E') return std::nullopt;
  const auto exponent = exponent_of(text.substr(end));
  const bool has_point = point != std::string_view::npos;
  if (!has_point) point = end;
  if (!exponent || end == 0 || (has_point && end == 1)) return std::nullopt;
  if (*exponent > 100 || *exponent < -1000) return std::nullopt;

  // `left` digits from here on belong to the result; the next one rounds it.
  std::int64_t left = static_cast<std::int64_t>(point) + *exponent + digits;
  std::uint64_t value = 0;
  constexpr std::uint64_t limit = INT64_MAX;
  for (std::size_t i = 0; i < end && left >= 0; ++i) {
    if (i == point) continue;
    const int digit = text[i] - '0';
    if (left-- == 0) {
      value += digit >= 5 ? 1 : 0;
      break;
    }
    if (value > limit / 10) return std::nullopt;
    value = value * 10 + static_cast<unsigned>(digit);
  }
  for (; left > 0 && value > 0; --left) {
    if (value > limit / 10) return std::nullopt;
    value *= 10;
  }
  if (value > limit) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(value);
  return negative ? -magnitude : magnitude;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos) {
    if (text.find_first_not_of('0', point + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace kvern
