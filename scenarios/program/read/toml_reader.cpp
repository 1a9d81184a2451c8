#include "scenarios/program/read/toml_reader.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace kvern {
namespace {

class Converter {
 public:
  Converter(const std::string& file, Issues& issues) : file_(file), issues_(issues) {}

  Config value(const toml::node& node) const {
    Config result;
    result.where = at(node.source());
    if (const auto* text = node.as_string()) {
      result.kind = Config::Kind::Text;
      result.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
      result.kind = Config::Kind::Integer;
      result.integer = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      result.kind = Config::Kind::Number;
      result.number = number->get();
    } else if (const auto* boolean = node.as_boolean()) {
      result.kind = Config::Kind::Boolean;
      result.boolean = boolean->get();
    } else if (const auto* table = node.as_table()) {
      result.members = members(*table);
    } else if (const auto* array = node.as_array()) {
      result.kind = Config::Kind::Array;
      for (const auto& item : *array) result.items.push_back(value(item));
    } else {
      result.kind = Config::Kind::Text;
      issues_.error(result.where, "dates and times of day have no use here",
                    "write a duration like \"5 ms\"");
    }
    return result;
  }

 private:
  Location at(const toml::source_region& region) const {
    return {file_, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
  }

  // The library sorts keys by name; a reader expects the order of the file.
  std::vector<Config::Member> members(const toml::table& table) const {
    std::vector<Config::Member> result;
    for (const auto& [key, node] : table) {
      result.push_back({std::string(key.str()), at(key.source()), value(node)});
    }
    std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
    return result;
  }

  const std::string& file_;
  Issues& issues_;
};

void place_all(Config& value, const Location& where) {
  value.where = where;
  for (auto& member : value.members) {
    member.where = where;
    place_all(member.value, where);
  }
  for (auto& item : value.items) place_all(item, where);
}

}  // namespace

std::optional<Config> read_toml_text(std::string_view text, const std::string& name,
                                     Issues& issues) {
  try {
    const toml::table root = toml::parse(text, name);
    Config result = Converter(name, issues).value(root);
    result.where = {name, 0, 0};
    return result;
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    issues.error({name, static_cast<int>(begin.line), static_cast<int>(begin.column)},
                 std::string(error.description()));
    return std::nullopt;
  }
}

std::optional<Config> read_toml(const std::string& path, Issues& issues) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) {
    const int reason = errno != 0 ? errno : EIO;
    issues.error({path, 0, 0}, fmt::format("can't read this file: {}", std::strerror(reason)));
    return std::nullopt;
  }
  return read_toml_text(text, path, issues);
}

Config read_toml_value(std::string_view text, const Location& where) {
  Issues silent;
  Config result;
  if (auto root = read_toml_text(fmt::format("value = {}\n", text), "", silent);
      root && root->members.size() == 1 && !silent.any_error()) {
    result = std::move(root->members.front().value);
  } else {
    result.kind = Config::Kind::Text;
    result.text = text;
  }
  place_all(result, where);
  return result;
}

}  // namespace kvern
