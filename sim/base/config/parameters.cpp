#include "sim/base/config/parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/config/toml_text.h"

namespace kvern {
namespace {

constexpr const char* kWrapped = "wrapped";  // the key of what stands without one

std::string in_title(std::string_view path) {
  return path.empty() ? "at the top level" : "in " + table_title(path);
}

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string words_text(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const auto& word : words)
    out += (out.empty() ? "\"" : between + std::string("\"")) + word + "\"";
  return out;
}

// Where the text inside the quotes starts.
Location inside(const Config& text) {
  Location place = text.where;
  if (place.column > 0) ++place.column;
  return place;
}

// { policy = "ttl(lru)", after = "10 min" }: the arguments join the keys of the table. After an
// issue the table is empty.
void open_policy_table(Config& table, const std::string& path, Issues& issues) {
  Config* name = table.find("policy");
  if (name == nullptr || name->kind != Config::Kind::Text) {
    issues.error(name == nullptr ? table.where : name->where,
                 fmt::format("the policy of {} has no name", table_title(path)),
                 "add policy = \"name\"");
    table.members.clear();
    return;
  }
  Config written = parse_policy(name->text, inside(*name), issues);
  if (written.members.empty()) {
    table.members.clear();
    return;
  }
  name->text = written.members.front().value.text;
  for (std::size_t i = 1; i < written.members.size(); ++i) {
    Config::Member& member = written.members[i];
    if (table.find(member.key) != nullptr) {
      issues.error(member.where, fmt::format("the key \"{}\" is given twice", member.key));
    } else {
      table.members.push_back(std::move(member));
    }
  }
}

// "lru(fifo)": it takes no policy.
void refuse_wrapped(const Config& table, const Config::Member& member, Issues& issues) {
  const Config* outer = table.find("policy");
  const Config* inner =
      member.value.kind == Config::Kind::Table ? member.value.find("policy") : &member.value;
  issues.error(member.where,
               fmt::format("{} wraps no other policy, and {} stands in it without a key",
                           outer != nullptr ? toml_text(*outer) : "this table",
                           inner != nullptr ? toml_text(*inner) : "a policy"),
               "its keys are written key=value");
}

}  // namespace

Parameters::Parameters(const Config* table, std::string path, Issues& issues, KeyBook* book)
    : table_(table), path_(std::move(path)), issues_(&issues), book_(book) {
  if (table_ != nullptr) where_ = table_->where;
}

const Config* Parameters::look_up(std::string_view key) {
  known_.emplace_back(key);
  return table_ != nullptr ? table_->find(key) : nullptr;
}

const std::vector<Config>* Parameters::look_up_list(std::string_view key) {
  const Config* value = look_up(key);
  if (value == nullptr) return nullptr;
  if (value->kind == Config::Kind::Array) return &value->items;
  issues_->error(value->where, fmt::format("{} = {} is not a list", key, toml_text(*value)),
                 "write [a, b, ...]");
  return nullptr;
}

void Parameters::note(std::string_view key, std::string type, std::string value,
                      std::string default_value, std::string_view doc, bool required) {
  if (book_ == nullptr) return;
  book_->push_back({path_, std::string(key), std::move(type), std::move(value),
                    std::move(default_value), std::string(doc), required});
}

void Parameters::missing(std::string_view key, std::string_view doc) {
  issues_->error(where_, fmt::format("missing key \"{}\" {}", key, in_title(path_)),
                 std::string(doc));
}

std::string Parameters::get(std::string_view key, const char* default_value, std::string_view doc) {
  return get<std::string>(key, std::string(default_value), doc);
}

std::string Parameters::choice(std::string_view key, std::string_view default_value,
                               const std::vector<std::string>& words, std::string_view doc,
                               const std::vector<std::string>& later) {
  std::string result(default_value);
  const Config* value = look_up(key);
  const auto is_one_of = [value](const std::vector<std::string>& list) {
    return value->kind == Config::Kind::Text &&
           std::find(list.begin(), list.end(), value->text) != list.end();
  };
  if (value != nullptr && is_one_of(words)) {
    result = value->text;
  } else if (value != nullptr && is_one_of(later)) {
    issues_->error(value->where, fmt::format("{} = {} is not built yet", key, toml_text(*value)),
                   "use " + words_text(words, " or "));
  } else if (value != nullptr) {
    issues_->error(
        value->where,
        fmt::format("{} = {} is not one of {}", key, toml_text(*value), words_text(words, ", ")),
        value->kind == Config::Kind::Text ? did_you_mean(value->text, words) : "");
  }
  note(key, words_text(words, " | "), toml_text(std::string_view(result)), toml_text(default_value),
       doc);
  return result;
}

const Config* Parameters::any(std::string_view key, std::string_view doc, const char* type) {
  const Config* value = look_up(key);
  note(key, type, value != nullptr ? toml_text(*value) : "", "", doc);
  return value;
}

void Parameters::refuse(std::string_view key, std::string_view why) {
  const Config* value = look_up(key);
  if (value == nullptr) return;
  std::string name = fmt::format("\"{}\" {}", key, in_title(path_));
  if (value->kind == Config::Kind::Table) name = table_title(join(path_, key));
  if (value->kind == Config::Kind::Array) name = table_title(join(path_, key) + ".0");
  issues_->error(value->where, name + " is not built yet", std::string(why));
}

Config Parameters::policy(std::string_view key, std::string_view default_text,
                          std::string_view doc) {
  Config fallback;
  if (!default_text.empty()) fallback = parse_policy(default_text, where(key), *issues_);
  const Config* value = look_up(key);
  Config result;
  if (value == nullptr) {
    result = fallback;
  } else if (value->kind == Config::Kind::Text) {
    result = parse_policy(value->text, inside(*value), *issues_);
  } else if (value->kind == Config::Kind::Table) {
    result = *value;
    if (result.find("policy") == nullptr && !fallback.members.empty()) {
      result.members.insert(result.members.begin(), fallback.members.front());
    }
    open_policy_table(result, join(path_, key), *issues_);
  } else {
    issues_->error(value->where, fmt::format("{} = {} is not a policy", key, toml_text(*value)),
                   "write \"name\" or \"name(key=value, ...)\"");
  }
  note(key, "policy", result.members.empty() ? "" : toml_text(result),
       default_text.empty() ? "" : toml_text(default_text), doc);
  return result;
}

Config Parameters::wrapped(std::string_view doc) {
  Config result = policy(kWrapped, "", doc);
  if (!has(kWrapped)) {
    issues_->error(where_, fmt::format("missing the policy that {} wraps", table_title(path_)),
                   std::string(doc) + ", as in \"name(lru, key=value)\"");
  }
  return result;
}

Parameters Parameters::table(std::string_view key, std::string_view doc) {
  const Config* value = look_up(key);
  if (value != nullptr && value->kind != Config::Kind::Table) {
    issues_->error(value->where, fmt::format("{} = {} is not a table", key, toml_text(*value)),
                   "write " + table_title(join(path_, key)));
    value = nullptr;
  }
  note(key, "table", "", "", doc);
  Parameters child(value, join(path_, key), *issues_, book_);
  if (value == nullptr) child.where_ = where_;
  return child;
}

std::vector<Parameters> Parameters::tables(std::string_view key, std::string_view doc) {
  std::vector<Parameters> children;
  const Config* value = look_up(key);
  note(key, "tables", "", "", doc);
  if (value == nullptr) return children;
  const std::string path = join(path_, key);
  const auto is_table = [](const Config& item) { return item.kind == Config::Kind::Table; };
  if (value->kind != Config::Kind::Array ||
      !std::all_of(value->items.begin(), value->items.end(), is_table)) {
    issues_->error(value->where, fmt::format("\"{}\" is not a list of tables", key),
                   "write " + table_title(path + ".0"));
    return children;
  }
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    children.emplace_back(&value->items[i], fmt::format("{}.{}", path, i), *issues_, book_);
  }
  return children;
}

bool Parameters::has(std::string_view key) const {
  return table_ != nullptr && table_->find(key) != nullptr;
}

Location Parameters::where(std::string_view key) const {
  const Config* value = table_ != nullptr ? table_->find(key) : nullptr;
  return value != nullptr ? value->where : where_;
}

void Parameters::error(std::string_view key, std::string what, std::string hint) {
  issues_->error(where(key), std::move(what), std::move(hint));
}

void Parameters::finish() {
  if (table_ == nullptr) return;
  for (const auto& member : table_->members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    if (member.key == kWrapped) {
      refuse_wrapped(*table_, member, *issues_);
      continue;
    }
    std::string hint = did_you_mean(member.key, known_);
    if (hint.empty() && known_.size() <= 16) {
      hint = known_.empty() ? "it takes no keys" : "the keys are " + words_text(known_, ", ");
    }
    issues_->error(member.where, fmt::format("unknown key \"{}\" {}", member.key, in_title(path_)),
                   hint);
  }
}

}  // namespace kvern
