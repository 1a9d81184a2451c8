#include "traces/import/json_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kvern {

namespace {

// Of these, names are told and remembered; a file where every row has new ones ends nobody's time.
constexpr std::size_t kMostUnusedKeys = 100;

}  // namespace

JsonRows::JsonRows(ByteSource& source, TraceBuilder& trace, std::vector<std::string> known)
    : lines_(source), trace_(&trace), known_(std::move(known)) {}

bool JsonRows::next() {
  RowLog& log = trace_->row_log();
  for (std::string_view text; !log.failed() && lines_.next(text);) {
    if (text.find_first_not_of(" \t") == std::string_view::npos) continue;
    log.at(lines_.number(), text);
    if (!line_.parse(text)) {
      log.bad("row", text, "not JSON: " + line_.error());
      continue;
    }
    const JsonValue row = line_.root();
    if (row.kind() != JsonValue::Kind::Object) {
      log.bad("row", text, "not a JSON object");
      continue;
    }
    for (JsonValue item = row.first(); item; item = row.next(item)) {
      const std::string_view key = row.key(item);
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      if (unused_ == kMostUnusedKeys) log.note("more keys are not used, and not named here");
      if (unused_++ >= kMostUnusedKeys) break;
      log.note(fmt::format("key \"{}\" is not used", key));
      known_.emplace_back(key);
    }
    return true;
  }
  return false;
}

bool JsonRows::bad(const char* key, JsonValue value, const char* what) {
  trace_->row_log().bad(key, value.text(), value.absent() ? "missing" : what);
  return false;
}

bool JsonRows::count(JsonValue object, const char* key, std::int64_t& into) {
  const JsonValue value = object.find(key);
  const auto number = value.integer();
  if (!number) return bad(key, value, "not a whole number");
  into = *number;
  return true;
}

bool JsonRows::time(JsonValue object, const char* key, int digits, SimTime& into) {
  const JsonValue value = object.find(key);
  const auto number = value.scaled(digits);
  if (!number) return bad(key, value, "not a time");
  into = *number;
  return true;
}

bool JsonRows::ids(JsonValue object, const char* key, std::vector<std::int64_t>& into) {
  into.clear();
  const JsonValue list = object.find(key);
  if (list.kind() != JsonValue::Kind::Array) return bad(key, list, "not a list");
  for (JsonValue item = list.first(); item; item = list.next(item)) {
    const auto id = item.integer();
    if (!id) return bad(key, item, "not a whole number");
    into.push_back(*id);
  }
  return true;
}

}  // namespace kvern
