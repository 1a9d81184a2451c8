#include "traces/import/csv_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/config/decimal.h"
#include "traces/import/civil_time.h"

namespace kvern {

CsvRows::CsvRows(ByteSource& source, TraceBuilder& trace, std::vector<std::string> names,
                 const std::vector<std::string>& optional)
    : csv_(source), trace_(&trace), names_(std::move(names)) {
  RowLog& log = trace.row_log();
  log.at(1, {});
  const std::size_t required = names_.size();
  names_.insert(names_.end(), optional.begin(), optional.end());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto place = csv_.column(names_[i]);
    places_.push_back(place.value_or(SIZE_MAX));
    if (!place && i < required) {
      log.fatal(fmt::format("no column \"{}\"", names_[i]), did_you_mean(names_[i], csv_.header()));
    }
  }
  std::string unused;
  for (const std::string& name : csv_.header()) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
    unused += fmt::format("{}\"{}\"", unused.empty() ? "" : ", ", name);
  }
  if (!unused.empty()) log.note("not used: " + unused);
}

bool CsvRows::next() {
  RowLog& log = trace_->row_log();
  while (!log.failed() && csv_.next()) {
    log.at(csv_.line(), csv_.text());
    if (csv_.broken()) {
      log.bad("row", csv_.text(), "its quotes do not match");
      continue;
    }
    if (csv_.fields() == csv_.header().size()) return true;
    log.bad("row", csv_.text(),
            fmt::format("{} fields, the header has {}", csv_.fields(), csv_.header().size()));
  }
  return false;
}

std::string_view CsvRows::text(std::size_t column) const { return csv_.field(places_[column]); }

bool CsvRows::count(std::size_t column, std::int64_t& into) {
  const auto value = whole_number(text(column));
  if (!value) trace_->row_log().bad(names_[column], text(column), "not a whole number");
  into = value.value_or(0);
  return value.has_value();
}

bool CsvRows::time(std::size_t column, int digits, SimTime& into) {
  const auto value = scaled_decimal(text(column), digits);
  into = value.value_or(0);
  const bool is_long = into > kLongestTime || into < -kLongestTime;
  if (!value || is_long) {
    trace_->row_log().bad(names_[column], text(column),
                          is_long ? "more than 73 years" : "not a time");
  }
  return value && !is_long;
}

bool CsvRows::date_time(std::size_t column, SimTime& into) {
  const auto value = parse_date_time(text(column));
  if (!value) trace_->row_log().bad(names_[column], text(column), "not a date and time");
  into = value.value_or(0);
  return value.has_value();
}

bool header_has(std::string_view line, const std::vector<std::string_view>& names) {
  const std::string fields = fmt::format(",{},", line);
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) {
    return fields.find(fmt::format(",{},", name)) != std::string::npos;
  });
}

}  // namespace kvern
