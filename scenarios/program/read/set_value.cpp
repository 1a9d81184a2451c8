#include "scenarios/program/read/set_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "scenarios/program/read/toml_reader.h"

namespace kvern {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    path.remove_prefix(dot + 1);
  }
}

std::optional<std::size_t> as_index(const std::string& part) {
  std::size_t index = 0;
  const char* end = part.data() + part.size();
  const auto result = std::from_chars(part.data(), end, index);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return index;
}

class Setter {
 public:
  Setter(std::vector<std::string> parts, const Config& value, Issues& issues)
      : parts_(std::move(parts)), value_(value), issues_(issues) {}

  void set(Config& node, std::size_t depth) {
    if (depth == parts_.size()) {
      node = value_;
      return;
    }
    if (node.kind == Config::Kind::Array) {
      set_in_list(node, depth);
      return;
    }
    if (node.kind == Config::Kind::Text) {
      // "vllm_v1(max_num_seqs=8)": a policy's keys can be reached.
      Config opened = parse_policy(node.text, node.where, issues_);
      if (opened.members.empty()) return;
      node = std::move(opened);
    }
    if (node.kind != Config::Kind::Table) {
      issues_.error(value_.where, fmt::format("\"{}\" is not a table", path_to(depth)));
      return;
    }
    if (node.find(parts_[depth]) == nullptr) {
      Config::Member made;
      made.key = parts_[depth];
      made.where = made.value.where = value_.where;
      node.members.push_back(std::move(made));
    }
    set(*node.find(parts_[depth]), depth + 1);
  }

 private:
  // [[pool]]: an index picks one, no index means each.
  void set_in_list(Config& list, std::size_t depth) {
    const auto index = as_index(parts_[depth]);
    if (!index) {
      for (Config& item : list.items) set(item, depth);
    } else if (*index < list.items.size()) {
      set(list.items[*index], depth + 1);
    } else {
      issues_.error(
          value_.where, fmt::format("there is no \"{}\"", path_to(depth + 1)),
          fmt::format("\"{}\" has {} entries, counted from 0", path_to(depth), list.items.size()));
    }
  }

  std::string path_to(std::size_t depth) const {
    std::string path;
    for (std::size_t i = 0; i < depth; ++i) path += (i == 0 ? "" : ".") + parts_[i];
    return path;
  }

  std::vector<std::string> parts_;
  const Config& value_;
  Issues& issues_;
};

// "--set pool.kv.blocks=2000", cut where it is so long that nobody would read it.
Location place_of(const std::string& flag, std::string_view text) {
  constexpr std::size_t kShown = 200;
  return {fmt::format("{} {}{}", flag, text.substr(0, kShown), text.size() > kShown ? "..." : ""),
          0, 0};
}

// PATH and what follows "=".
std::optional<std::pair<std::string, std::string_view>> split_setting(std::string_view text,
                                                                      const std::string& flag,
                                                                      Issues& issues) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    issues.error(place_of(flag, text), "expected PATH=VALUE", "as in pool.0.kv.blocks=2000");
    return std::nullopt;
  }
  return std::pair(std::string(text.substr(0, equals)), text.substr(equals + 1));
}

}  // namespace

void set_value(Config& root, std::string_view path, const Config& value, Issues& issues) {
  constexpr std::ptrdiff_t kDeepest = 32;  // no key of a scenario is half as deep
  if (std::count(path.begin(), path.end(), '.') >= kDeepest) {
    issues.error(value.where, fmt::format("the path of this key has more than {} parts", kDeepest));
    return;
  }
  std::vector<std::string> parts = parts_of(path);
  for (const std::string& part : parts) {
    if (!part.empty()) continue;
    issues.error(value.where, fmt::format("\"{}\" is not the path of a key", path));
    return;
  }
  Setter(std::move(parts), value, issues).set(root, 0);
}

std::optional<Setting> parse_setting(std::string_view text, const std::string& flag,
                                     Issues& issues) {
  const auto split = split_setting(text, flag, issues);
  if (!split) return std::nullopt;
  return Setting{split->first, read_toml_value(split->second, place_of(flag, text))};
}

std::vector<std::string_view> split_values(std::string_view text) {
  std::vector<std::string_view> values;
  int depth = 0;
  char quote = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (quote != 0 && i < text.size()) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && (depth <= 0 || i == text.size())) {
      values.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return values;
}

std::optional<ComparedValues> parse_comparison(std::string_view text, Issues& issues) {
  const auto split = split_setting(text, "--compare", issues);
  if (!split) return std::nullopt;
  const Location where = place_of("--compare", text);
  ComparedValues comparison{split->first, {}, where};
  for (const std::string_view value : split_values(split->second)) {
    comparison.values.push_back(read_toml_value(value, where));
  }
  return comparison;
}

}  // namespace kvern
