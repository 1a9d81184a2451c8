#include "scenarios/program/read/toml_reader.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <utility>

#include "sim/base/io/text_file.h"

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

constexpr std::size_t kMostBytes = 4 << 20;  // the largest of ours has some ten thousand
constexpr int kMostParts = 32;               // of a dotted key
constexpr std::size_t kLongestKey = 1000;

// The library follows dotted keys by calling itself, and a crash has no place in the file; for
// brackets within brackets it has a limit of its own. Walks over the text and finds the first key
// with too many parts or letters.
class KeyLimits {
 public:
  KeyLimits(std::string_view text, const std::string& name) : text_(text), at_{name, 1, 0} {}

  // True with an issue.
  bool broken(Issues& issues) {
    const char* what = nullptr;
    for (; i_ < text_.size() && what == nullptr; step(1)) what = look();
    if (what != nullptr) {
      issues.error(at_, what,
                   fmt::format("{} parts and {} letters at most", kMostParts, kLongestKey));
    }
    return what != nullptr;
  }

 private:
  void step(std::size_t count) {
    for (; count > 0 && i_ < text_.size(); --count, ++i_) {
      ++at_.column;
      if (text_[i_] != '\n') continue;
      ++at_.line;
      at_.column = 0;
      dots_ = 0;
      letters_ = 0;
    }
  }

  // To the last character of a text in quotes, or of what is left of one without an end.
  void skip_quoted() {
    const char quote = text_[i_];
    const std::string three(3, quote);
    if (text_.substr(i_, 3) == three) {
      const std::size_t end = text_.find(three, i_ + 3);
      step(std::min(end, text_.size() - 1) - i_ + (end < text_.size() ? 2 : 0));
      return;
    }
    while (i_ + 1 < text_.size() && text_[i_ + 1] != '\n') {
      step(1);
      if (text_[i_] == quote) return;
      if (text_[i_] == '\\' && quote == '"') step(1);
    }
  }

  // What is wrong at this character, or null.
  const char* look() {
    switch (text_[i_]) {
      case '#':
        while (i_ + 1 < text_.size() && text_[i_ + 1] != '\n') step(1);
        return nullptr;
      case '"':
      case '\'':
        skip_quoted();
        return nullptr;
      case '.':
        letters_ = 0;
        return ++dots_ >= kMostParts ? "this dotted key has too many parts" : nullptr;
      case '=':
      case ',':
      case '{':
      case '}':
      case '[':
      case ']':
        dots_ = 0;
        letters_ = 0;
        return nullptr;
      default:
        return ++letters_ > kLongestKey ? "this key has too many letters" : nullptr;
    }
  }

  std::string_view text_;
  Location at_;
  std::size_t i_ = 0;
  int dots_ = 0;
  std::size_t letters_ = 0;  // of a key, a number or a blank, without quotes
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
  if (KeyLimits(text, name).broken(issues)) return std::nullopt;
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
  std::string why;
  const auto text = read_text_file(path, kMostBytes, why);
  if (!text) {
    issues.error({path, 0, 0}, "can't read this file: " + why);
    return std::nullopt;
  }
  return read_toml_text(*text, path, issues);
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
