// Decimal text to integers without a double: "1.5" with 9 digits is 1,500,000,000.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kvern {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The value of `text` x 10^digits; digits beyond are rounded, halves away from zero. The text is a
// JSON-like number: sign, digits, fraction, exponent, nothing else. Empty when it is not, or when
// the result does not fit 63 bits.
std::optional<std::int64_t> scaled_decimal(std::string_view text, int digits);

// A whole number: digits, perhaps a sign and a fraction of zeros ("472", "472.0"); no exponent.
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace kvern
