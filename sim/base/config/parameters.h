// Reads one table of a scenario, or of a policy. One call reads, defaults, checks, documents and
// whitelists a key:
//
//   ghost_share_ = p.get("ghost_share", Share{0.9}, "ghost entries as a share of capacity").value;
//
// Every other key is an error (found by finish()). With a KeyBook the same calls fill `kvern
// describe` and scenario.resolved.toml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/config/config.h"
#include "sim/base/config/issues.h"
#include "sim/base/config/value_reader.h"
#include "sim/base/units.h"

namespace kvern {

// What was asked of the tables, in order: the documentation and the resolved scenario.
struct KeyEntry {
  std::string table;          // "pool.0.kv"; "" = top level
  std::string key;            // "block_size"
  std::string type;           // "count", "duration", "share", "policy", ...
  std::string value;          // the value in use, as TOML; "" when absent
  std::string default_value;  // as TOML; "" when the key is required or absent by default
  std::string doc;
  bool required = false;
};
using KeyBook = std::vector<KeyEntry>;

class Parameters {
 public:
  // `table` may be null: every key then takes its default. `path` ("pool.0.kv") goes into the book;
  // messages show it as the file does ("[pool.kv]").
  // `table` and `issues` must outlive this object; `book` may be null.
  Parameters(const Config* table, std::string path, Issues& issues, KeyBook* book = nullptr);

  // T: bool, std::int64_t (a count), int, std::uint32_t, double (a bare number), std::string, or a
  // type of units.h. A wrong type, a missing unit or a value out of range is an issue, and the
  // default is returned so that reading goes on. Quantities and shares are never negative, shares
  // at most 1, unless `range` says so.
  template <class T>
  T get(std::string_view key, T default_value, std::string_view doc, Range range = {});
  std::string get(std::string_view key, const char* default_value, std::string_view doc);
  // May be absent.
  template <class T>
  std::optional<T> find(std::string_view key, std::string_view doc, Range range = {});
  // Must be there.
  template <class T>
  T require(std::string_view key, std::string_view doc, Range range = {});
  // One of a few words. Those of `later` are known, and refused as not built yet.
  std::string choice(std::string_view key, std::string_view default_value,
                     const std::vector<std::string>& words, std::string_view doc,
                     const std::vector<std::string>& later = {});
  template <class T>
  std::vector<T> list(std::string_view key, std::vector<T> default_value, std::string_view doc);

  // A value of any kind, as it stands; null when absent.
  const Config* any(std::string_view key, std::string_view doc, const char* type = "value");
  // A key that belongs here but can't be used yet: an error where it is there, saying why.
  void refuse(std::string_view key, std::string_view why);

  // A policy under `key`, written as "name", "name(key=value)" or a table: always returned as a
  // table with the member "policy". An absent key takes the default text ("" = none: empty table);
  // a table without "policy" takes the default's name. After an issue: an empty table. Make it with
  // make_policy(..., path() + "." + key, issues(), book()).
  Config policy(std::string_view key, std::string_view default_text, std::string_view doc);
  // The policy that this one wraps ("ttl(lru, after=10 min)"), under the key "wrapped"; an issue
  // when there is none.
  Config wrapped(std::string_view doc);

  // Sub-tables: [key] once, or [[key]] in file order, with the paths "kv" or "pool.0", "pool.1".
  // Call finish() on each.
  Parameters table(std::string_view key, std::string_view doc);
  std::vector<Parameters> tables(std::string_view key, std::string_view doc);
  bool has(std::string_view key) const;

  // Where `key` (or, if absent, the table) stands, and an error there.
  Location where(std::string_view key) const;
  void error(std::string_view key, std::string what, std::string hint = {});

  // Reports every key of the table that nobody asked for, with "did you mean".
  void finish();

  const std::string& path() const { return path_; }
  Issues& issues() { return *issues_; }
  KeyBook* book() { return book_; }

 private:
  const Config* look_up(std::string_view key);                    // and whitelists it
  const std::vector<Config>* look_up_list(std::string_view key);  // null, with an issue: no list
  void missing(std::string_view key, std::string_view doc);
  void note(std::string_view key, std::string type, std::string value, std::string default_value,
            std::string_view doc, bool required = false);

  const Config* table_;
  Location where_;  // of the table, or of the nearest one that is there
  std::string path_;
  Issues* issues_;
  KeyBook* book_;
  std::vector<std::string> known_;
};

template <class T>
T Parameters::get(std::string_view key, T default_value, std::string_view doc, Range range) {
  std::string default_text = ValueReader<T>::toml(default_value);
  T result = std::move(default_value);
  if (const Config* value = look_up(key)) {
    if (auto read = ValueReader<T>::read(key, *value, range, *issues_)) result = std::move(*read);
  }
  note(key, ValueReader<T>::type(), ValueReader<T>::toml(result), std::move(default_text), doc);
  return result;
}

template <class T>
std::optional<T> Parameters::find(std::string_view key, std::string_view doc, Range range) {
  std::optional<T> result;
  if (const Config* value = look_up(key)) {
    result = ValueReader<T>::read(key, *value, range, *issues_);
  }
  note(key, ValueReader<T>::type(), result ? ValueReader<T>::toml(*result) : "", "", doc);
  return result;
}

template <class T>
T Parameters::require(std::string_view key, std::string_view doc, Range range) {
  std::optional<T> result;
  if (const Config* value = look_up(key)) {
    result = ValueReader<T>::read(key, *value, range, *issues_);
  } else {
    missing(key, doc);
  }
  note(key, ValueReader<T>::type(), result ? ValueReader<T>::toml(*result) : "", "", doc, true);
  return result ? std::move(*result) : T{};
}

template <class T>
std::vector<T> Parameters::list(std::string_view key, std::vector<T> default_value,
                                std::string_view doc) {
  const auto text = [](const std::vector<T>& values) {
    std::string out;
    for (const T& value : values) out += (out.empty() ? "" : ", ") + ValueReader<T>::toml(value);
    return "[" + out + "]";
  };
  std::string default_text = text(default_value);
  std::vector<T> result = std::move(default_value);
  if (const std::vector<Config>* items = look_up_list(key)) {
    result.clear();
    for (const Config& item : *items) {
      if (auto read = ValueReader<T>::read(key, item, {}, *issues_)) {
        result.push_back(std::move(*read));
      }
    }
  }
  note(key, std::string("list of ") + ValueReader<T>::type(), text(result), std::move(default_text),
       doc);
  return result;
}

}  // namespace kvern
