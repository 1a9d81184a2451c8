// Any CSV file with a header line: the options name the columns and the unit of time.
#include <absl/container/flat_hash_map.h>

#include "traces/import/csv_rows.h"
#include "traces/import/importers.h"

namespace kvern {

namespace {

int digits_of(const std::string& unit) {
  return unit == "s" ? 9 : unit == "ms" ? 6 : unit == "us" ? 3 : 0;
}

// Nobody said which column holds the arrivals: arrival_ns says its unit, else it is `timestamp`.
void name_the_time(const std::string& path, ImportOptions& options) {
  ByteSource source(path);
  LineReader lines(source);
  std::string_view header;
  if (lines.next(header) && header_has(header, {"arrival_ns"})) {
    options.time_column = "arrival_ns";
    options.time_unit = "ns";
  } else {
    options.time_column = "timestamp";
  }
}

}  // namespace

void import_csv(ByteSource& source, const ImportOptions& given, TraceBuilder& trace) {
  ImportOptions options = given;
  if (options.time_column.empty()) name_the_time(source.path(), options);
  const bool dates = options.time_unit == "date";
  trace.clock_is_utc = dates;
  std::vector<std::string> names = {options.time_column, options.prompt_column,
                                    options.output_column};
  // Place of a column that the options may leave out.
  const auto place = [&](const std::string& name) {
    if (!name.empty()) names.push_back(name);
    return name.empty() ? SIZE_MAX : names.size() - 1;
  };
  const std::size_t session = place(options.session_column);
  const std::size_t tenant = place(options.tenant_column);
  const std::size_t language = place(options.language_column);
  const std::size_t category = place(options.category_column);
  CsvRows rows(source, trace, names);
  const auto text = [&](std::size_t column) {
    return column == SIZE_MAX ? std::string_view{} : rows.text(column);
  };
  absl::flat_hash_map<std::string, std::int64_t> sessions;
  while (rows.next()) {
    TraceRow row;
    if (!(dates ? rows.date_time(0, row.arrival_ns)
                : rows.time(0, digits_of(options.time_unit), row.arrival_ns)) ||
        !rows.count(1, row.prompt_tokens) || !rows.count(2, row.output_tokens)) {
      continue;
    }
    row.tenant = text(tenant);
    row.language = text(language);
    row.category = text(category);
    if (!text(session).empty()) {
      const auto next = static_cast<std::int64_t>(sessions.size());
      row.session = sessions.try_emplace(std::string(text(session)), next).first->second;
    }
    trace.add(row);
  }
}

}  // namespace kvern
