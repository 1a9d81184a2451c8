#include "sim/base/config/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace kvern {

std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_text(const Config& value) {
  switch (value.kind) {
    case Config::Kind::Text:
      return toml_text(std::string_view(value.text));
    case Config::Kind::Integer:
      return fmt::format("{}", value.integer);
    case Config::Kind::Number: {
      std::string text = fmt::format("{}", value.number);
      return text.find_first_of(".ein") == std::string::npos ? text + ".0" : text;
    }
    case Config::Kind::Boolean:
      return value.boolean ? "true" : "false";
    case Config::Kind::Array: {
      std::string out;
      for (const Config& item : value.items) out += (out.empty() ? "" : ", ") + toml_text(item);
      return "[" + out + "]";
    }
    case Config::Kind::Table: {
      std::string out;
      for (const auto& [key, where, item] : value.members) {
        const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '_' || c == '-';
        });
        out += (out.empty() ? " " : ", ") + (bare ? key : toml_text(std::string_view(key))) +
               " = " + toml_text(item);
      }
      return out.empty() ? "{}" : "{" + out + " }";
    }
  }
  return {};
}

std::string table_title(std::string_view path) {
  if (path.empty()) return "the top level";
  std::string name;
  bool numbered = false;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view part = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    numbered = part.find_first_not_of("0123456789") == std::string_view::npos;
    if (!numbered) name.append(name.empty() ? "" : ".").append(part);
  }
  return numbered ? "[[" + name + "]]" : "[" + name + "]";
}

}  // namespace kvern
