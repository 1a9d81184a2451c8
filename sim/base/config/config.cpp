#include "sim/base/config/config.h"

#include <charconv>
#include <optional>
#include <utility>

namespace kvern {

const Config* Config::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

Config* Config::find(std::string_view key) {
  return const_cast<Config*>(std::as_const(*this).find(key));
}

namespace {

// A part of the text, and where in the text it starts.
struct Part {
  std::string_view text;
  std::size_t offset = 0;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Part trimmed(Part part) {
  while (!part.text.empty() && is_space(part.text.front())) {
    part.text.remove_prefix(1);
    ++part.offset;
  }
  while (!part.text.empty() && is_space(part.text.back())) part.text.remove_suffix(1);
  return part;
}

// Index of the first of `wanted` outside parentheses, brackets and quotes; npos when there is none.
std::size_t find_outside(std::string_view text, std::string_view wanted) {
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (depth == 0 && wanted.find(c) != std::string_view::npos) return i;
    if (c == '"' || c == '\'') quote = c;
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
  }
  return std::string_view::npos;
}

std::vector<Part> split(Part list) {
  std::vector<Part> parts;
  while (true) {
    const std::size_t comma = find_outside(list.text, ",");
    parts.push_back(trimmed({list.text.substr(0, comma), list.offset}));
    if (comma == std::string_view::npos) return parts;
    list.text.remove_prefix(comma + 1);
    list.offset += comma + 1;
  }
}

// Each level costs stack here and a call in what is built of it.
constexpr int kMostNested = 16;

class PolicyParser {
 public:
  PolicyParser(const Location& where, Issues& issues) : where_(where), issues_(issues) {}

  std::optional<Config> policy(Part part, int nested = 0) {
    part = trimmed(part);
    if (nested == kMostNested) {
      return fail(part, "policies stand in each other more than 16 deep");
    }
    const std::size_t end = find_outside(part.text, "(),= \t");
    const std::string_view name = part.text.substr(0, end);
    Part rest{part.text.substr(name.size()), part.offset + name.size()};
    rest = trimmed(rest);
    if (name.empty()) return fail(part, "expected the name of a policy");
    Config table = make(Config::Kind::Table, part.offset);
    add(table, "policy", part.offset, text(name, part.offset));
    if (rest.text.empty()) return table;
    if (rest.text.front() != '(') {
      return fail(rest, "unexpected \"" + std::string(rest.text) + "\" after the policy \"" +
                            std::string(name) + "\"");
    }
    const std::size_t close = find_outside(rest.text.substr(1), ")");
    if (close == std::string_view::npos) return fail(rest, "this \"(\" is never closed");
    const Part after = trimmed({rest.text.substr(close + 2), rest.offset + close + 2});
    if (!after.text.empty()) {
      return fail(after, "unexpected \"" + std::string(after.text) + "\" after \")\"");
    }
    const Part arguments = trimmed({rest.text.substr(1, close), rest.offset + 1});
    if (arguments.text.empty()) return table;
    for (const Part& argument : split(arguments)) {
      if (!add_argument(table, argument, nested)) return std::nullopt;
    }
    return table;
  }

 private:
  Location at(std::size_t offset) const {
    Location place = where_;
    if (place.column > 0) place.column += static_cast<int>(offset);
    return place;
  }

  std::nullopt_t fail(const Part& part, std::string what) {
    issues_.error(at(part.offset), std::move(what),
                  "a policy is written \"name\" or \"name(key=value, ...)\"");
    return std::nullopt;
  }

  Config make(Config::Kind kind, std::size_t offset) const {
    Config value;
    value.kind = kind;
    value.where = at(offset);
    return value;
  }

  Config text(std::string_view word, std::size_t offset) const {
    Config value = make(Config::Kind::Text, offset);
    value.text = word;
    return value;
  }

  void add(Config& table, std::string_view key, std::size_t offset, Config value) const {
    table.members.push_back({std::string(key), at(offset), std::move(value)});
  }

  bool add_argument(Config& table, const Part& argument, int nested) {
    if (argument.text.empty()) {
      fail(argument, "expected key=value here");
      return false;
    }
    const std::size_t equals = find_outside(argument.text, "=");
    const bool positional = equals == std::string_view::npos;
    const Part key = trimmed({argument.text.substr(0, positional ? 0 : equals), argument.offset});
    const std::string name = positional ? "wrapped" : std::string(key.text);
    if (name.empty() || table.find(name) != nullptr) {
      fail(argument, name.empty() ? "expected a key before \"=\""
                     : positional ? "a second policy without a key"
                                  : "the key \"" + name + "\" is given twice");
      return false;
    }
    if (positional) {
      auto inner = policy(argument, nested + 1);
      if (!inner) return false;
      add(table, name, argument.offset, std::move(*inner));
      return true;
    }
    const Part written = trimmed({argument.text.substr(equals + 1), argument.offset + equals + 1});
    if (written.text.empty()) {
      fail(argument, "the key \"" + name + "\" has no value");
      return false;
    }
    auto read = value(written);
    if (!read) return false;
    add(table, name, key.offset, std::move(*read));
    return true;
  }

  // Bare: integer, number, boolean, [list], quoted text, else text.
  std::optional<Config> value(const Part& part, int nested = 0) {
    const std::string_view word = part.text;
    if (word == "true" || word == "false") {
      Config result = make(Config::Kind::Boolean, part.offset);
      result.boolean = word == "true";
      return result;
    }
    if (word.size() >= 2 && word.front() == word.back() &&
        (word.front() == '"' || word.front() == '\'')) {
      return text(word.substr(1, word.size() - 2), part.offset);
    }
    if (word.size() >= 2 && word.front() == '[' && word.back() == ']') {
      if (nested == kMostNested) return fail(part, "lists stand in each other more than 16 deep");
      Config list = make(Config::Kind::Array, part.offset);
      const Part inside = trimmed({word.substr(1, word.size() - 2), part.offset + 1});
      if (!inside.text.empty()) {
        for (const Part& item : split(inside)) {
          auto read = value(item, nested + 1);
          if (!read) return std::nullopt;
          list.items.push_back(std::move(*read));
        }
      }
      return list;
    }
    return number(part);
  }

  Config number(const Part& part) const {
    std::string_view word = part.text;
    if (word.size() > 1 && word.front() == '+') word.remove_prefix(1);
    const char* const end = word.data() + word.size();
    Config result = make(Config::Kind::Integer, part.offset);
    const auto whole = std::from_chars(word.data(), end, result.integer);
    if (whole.ec == std::errc() && whole.ptr == end) return result;
    // A letter first is a word ("inf", "nan" too), not a number.
    const bool numeric = word.find_first_of("0123456789") <= 2;
    const auto real = std::from_chars(word.data(), end, result.number);
    if (numeric && real.ec == std::errc() && real.ptr == end) {
      result.kind = Config::Kind::Number;
      result.integer = 0;
      return result;
    }
    return text(part.text, part.offset);
  }

  const Location& where_;
  Issues& issues_;
};

}  // namespace

Config parse_policy(std::string_view text, const Location& where, Issues& issues) {
  auto policy = PolicyParser(where, issues).policy({text, 0});
  if (policy) return std::move(*policy);
  Config empty;
  empty.where = where;
  return empty;
}

}  // namespace kvern
