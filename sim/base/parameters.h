// Reads one table of a scenario, or of a policy. One call reads, defaults, checks, documents and
// whitelists a key:
//
//   ghost_share_ = p.get("ghost_share", Share{0.9}, "ghost entries as a share of capacity").value;
//
// Every other key is an error (found by finish()). With a KeyBook the same calls fill `kvern
// describe` and scenario.resolved.toml.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/config.h"
#include "sim/base/issues.h"
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

// Inclusive limits of a number, in the base unit of its type (ns, B, W ...).
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
inline constexpr Range kPositive{std::numeric_limits<double>::min(),
                                 std::numeric_limits<double>::infinity()};
inline constexpr Range kNonNegative{0, std::numeric_limits<double>::infinity()};

class Parameters {
 public:
  // `table` may be null: every key then takes its default. `path` is for messages ("pool.kv").
  // `table` and `issues` must outlive this object; `book` may be null.
  Parameters(const Config* table, std::string path, Issues& issues, KeyBook* book = nullptr);

  // T: bool, std::int64_t (a count), int, std::uint32_t, double (a bare number), std::string, or a
  // type of units.h. A wrong type, a missing unit or a value out of range is an issue, and the
  // default is returned so that reading goes on.
  template <class T>
  T get(std::string_view key, T default_value, std::string_view doc, Range range = {});
  std::string get(std::string_view key, const char* default_value, std::string_view doc);
  // May be absent.
  template <class T>
  std::optional<T> find(std::string_view key, std::string_view doc, Range range = {});
  // Must be there.
  template <class T>
  T require(std::string_view key, std::string_view doc, Range range = {});
  // One of a few words.
  std::string choice(std::string_view key, std::string_view default_value,
                     const std::vector<std::string>& words, std::string_view doc);
  template <class T>
  std::vector<T> list(std::string_view key, std::vector<T> default_value, std::string_view doc);

  // A policy under `key`, written as "name", "name(key=value)" or a table: always returned as a
  // table with the member "policy". An absent key takes the default text ("" = none: empty table).
  Config policy(std::string_view key, std::string_view default_text, std::string_view doc);
  // The policy that this one wraps ("ttl(lru, after=10 min)"); an issue when there is none.
  Config wrapped(std::string_view doc);

  // Sub-tables: [key] once, or [[key]] in file order. Call finish() on each.
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
  const Config* table_;
  std::string path_;
  Issues* issues_;
  KeyBook* book_;
  std::vector<std::string> known_;
};

}  // namespace kvern
