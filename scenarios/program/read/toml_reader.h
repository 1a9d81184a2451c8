// TOML files as Config trees. The only place that knows the TOML library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sim/base/config/config.h"

namespace kvern {

// Null with one issue: the file can't be read, or its first syntax error (alone, since what follows
// one is guesswork). Members stand in file order; every key and value has its line and column.
std::optional<Config> read_toml(const std::string& path, Issues& issues);

// The same for text; `name` stands for the file in messages.
std::optional<Config> read_toml_text(std::string_view text, const std::string& name,
                                     Issues& issues);

// The right-hand side of --set PATH=VALUE: a TOML value, else a text. Every part is at `where`.
Config read_toml_value(std::string_view text, const Location& where);

}  // namespace kvern
