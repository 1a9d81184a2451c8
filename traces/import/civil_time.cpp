#include "traces/import/civil_time.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/config/decimal.h"

namespace kvern {

namespace {

// Days from 1970-01-01 and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

int days_in(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

// Exactly `size` digits at `at`, no more than `highest`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t size, int highest) {
  if (text.size() < at + size) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, size)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value <= highest ? std::optional(value) : std::nullopt;
}

// "", "Z" or "+hh:mm" in ns.
std::optional<SimTime> zone_offset(std::string_view zone) {
  if (zone.empty() || zone == "Z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
  const auto hours = digits(zone, 1, 2, 23);
  const auto minutes = digits(zone, 4, 2, 59);
  if (!hours || !minutes) return std::nullopt;
  const SimTime offset = (SimTime{*hours} * 60 + *minutes) * 60 * kSecond;
  return zone[0] == '-' ? -offset : offset;
}

}  // namespace

std::optional<SimTime> parse_date_time(std::string_view text) {
  const auto year = digits(text, 0, 4, 2261);  // 63 bits of ns end in 2262
  const auto month = digits(text, 5, 2, 12);
  const auto day = digits(text, 8, 2, 31);
  const auto hour = digits(text, 11, 2, 23);
  const auto minute = digits(text, 14, 2, 59);
  const auto second = digits(text, 17, 2, 59);
  if (!year || !month || !day || !hour || !minute || !second || *year < 1970 || *month < 1 ||
      *day < 1 || *day > days_in(*year, *month) || text[4] != '-' || text[7] != '-' ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  std::string_view rest = text.substr(19);
  SimTime fraction = 0;
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    const auto ns = scaled_decimal(rest.substr(0, end), 9);
    if (!ns) return std::nullopt;
    fraction = *ns;
    rest.remove_prefix(end);
  }
  const auto offset = zone_offset(rest);
  if (!offset) return std::nullopt;
  const std::int64_t days = days_from_civil(*year, *month, *day);
  const std::int64_t seconds = ((days * 24 + *hour) * 60 + *minute) * 60 + *second;
  return seconds * kSecond + fraction - *offset;
}

std::string date_time_text(SimTime ns) {
  const std::int64_t seconds = ns / kSecond;
  const std::int64_t z = seconds / 86'400 + 719'468;
  const std::int64_t era = z / 146'097;
  const std::int64_t day_of_era = z - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::int64_t month = shifted_month + (shifted_month < 10 ? 3 : -9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t of_day = seconds % 86'400;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", year, month, day, of_day / 3600,
                     of_day / 60 % 60, of_day % 60, ns % kSecond);
}

}  // namespace kvern
