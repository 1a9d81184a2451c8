// Numbers and strings as text, for the files and tables of a run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kvern {

std::string with_thousands(std::uint64_t count);  // 1234567 as "1,234,567"
// As a string of JSON or a basic string of TOML, quotes included; both read it back.
std::string quoted_text(std::string_view text);

}  // namespace kvern
