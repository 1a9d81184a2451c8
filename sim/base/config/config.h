// A scenario file as a tree of values, each with its place in the file. No vendor type is seen
// here; the TOML reader (scenarios/toml_reader) and the one-line policy syntax build it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/issues.h"

namespace kvern {

struct Config {
  enum class Kind { Table, Array, Text, Integer, Number, Boolean };
  struct Member;

  Kind kind = Kind::Table;
  Location where;
  std::string text;
  std::int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  std::vector<Member> members;  // of a table, in file order
  std::vector<Config> items;    // of an array

  const Config* find(std::string_view key) const;  // null when absent or not a table
  Config* find(std::string_view key);
};

struct Config::Member {
  std::string key;
  Location where;  // of the key
  Config value;
};

// "h2o(heavy=3, recent=3, variant=B)" as the table { policy = "h2o", heavy = 3, ... }; a positional
// argument becomes the member "wrapped" (a policy again). Values are bare: integers, numbers,
// true/false, else text (so quantities need no quotes). `where` is the place of the text; columns
// of the parts are counted from it. Errors go to `issues`, then the result is an empty table.
Config parse_policy(std::string_view text, const Location& where, Issues& issues);

}  // namespace kvern
