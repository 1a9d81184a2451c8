// Calendar time (proleptic Gregorian, UTC, no leap seconds) to nanoseconds from 1970 and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/base/time.h"

namespace kvern {

// "2023-11-16 18:17:03.9799600", also with T, without a fraction, and with Z or "+00:00" (other
// offsets are applied). Empty when malformed or before 1970.
std::optional<SimTime> parse_date_time(std::string_view text);
std::string date_time_text(SimTime ns);  // "2023-11-16T18:17:03.979960000Z"

}  // namespace kvern
