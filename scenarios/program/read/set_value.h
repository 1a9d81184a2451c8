// Changes of a scenario from outside its file: --set PATH=VALUE, --compare PATH=a,b, the points of
// a
// [[sweep]].
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config/config.h"

namespace kvern {

// Puts `value` at `path`: "pool.0.kv.blocks" is one pool, "pool.kv.blocks" every pool. Tables on
// the way are made; a policy written in one line is opened ("pool.0.batching.max_num_seqs"). An
// issue at `value.where` when the path leads nowhere.
void set_value(Config& root, std::string_view path, const Config& value, Issues& issues);

// Of "PATH=VALUE"; `flag` ("--set") is for messages. Null with an issue without "=".
struct Setting {
  std::string path;
  Config value;
};
std::optional<Setting> parse_setting(std::string_view text, const std::string& flag,
                                     Issues& issues);

// Of "a,b(c=1,d=2)": the texts; commas inside parentheses, brackets and quotes do not split.
std::vector<std::string_view> split_values(std::string_view text);

// Of "PATH=a,b": the values; commas inside parentheses, brackets and quotes do not split.
struct ComparedValues {
  std::string path;
  std::vector<Config> values;
  Location where;
};
std::optional<ComparedValues> parse_comparison(std::string_view text, Issues& issues);

}  // namespace kvern
