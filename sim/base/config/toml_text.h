// Values written back as TOML, and the names of tables as a file shows them.
#pragma once

#include <string>
#include <string_view>

#include "sim/base/config/config.h"

namespace kvern {

// "[pool.kv]" or "[[pool]]" for the path "pool.0.kv" or "pool.0"; "the top level" for "".
std::string table_title(std::string_view path);

// `value` as it is written in TOML; a table is written inline.
std::string toml_text(const Config& value);
std::string toml_text(std::string_view text);

}  // namespace kvern
