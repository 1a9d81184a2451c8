// Rows of a JSON Lines trace, for importers: values by key, read with their errors logged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/io/byte_source.h"
#include "sim/base/io/json_lines.h"
#include "traces/import/block_names.h"
#include "traces/import/trace_builder.h"

namespace kvern {

class JsonRows {
 public:
  // Top-level keys other than `known` are noted once.
  JsonRows(ByteSource& source, TraceBuilder& trace, std::vector<std::string> known);

  // The next line that is a JSON object (others are bad, empty ones passed over); false at the end.
  bool next();
  JsonValue root() const { return line_.root(); }

  // Values of `object` (the row, or a part of it); false when absent or not that: the row is then
  // logged as bad.
  bool count(JsonValue object, const char* key, std::int64_t& into);
  bool time(JsonValue object, const char* key, int digits, SimTime& into);
  bool ids(JsonValue object, const char* key, std::vector<std::int64_t>& into);
  bool bad(const char* key, JsonValue value, const char* what);  // always false

 private:
  LineReader lines_;
  TraceBuilder* trace_;
  std::vector<std::string> known_;
  std::size_t unused_ = 0;  // keys, so far
  JsonLine line_;
};

}  // namespace kvern
