// Rows of a CSV trace, for importers: columns by name, and fields read with their errors logged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/io/csv.h"
#include "traces/import/trace_builder.h"

namespace kvern {

class CsvRows {
 public:
  // Columns are asked for by their place in `names`. Those missing from the header are a fatal
  // error, unless `optional`: then their fields are empty. Others in the file are noted once.
  CsvRows(ByteSource& source, TraceBuilder& trace, std::vector<std::string> names,
          const std::vector<std::string>& optional = {});

  // The next row; false at the end, or when a column is missing. A row whose number of fields is
  // not the header's is bad and passed over.
  bool next();
  std::string_view text(std::size_t column) const;
  // False when the field is not that: the row is then logged as bad.
  bool count(std::size_t column, std::int64_t& into);
  bool time(std::size_t column, int digits, SimTime& into);  // digits of ns in the unit: 9 for s
  bool date_time(std::size_t column, SimTime& into);

 private:
  CsvReader csv_;
  TraceBuilder* trace_;
  std::vector<std::string> names_;
  std::vector<std::size_t> places_;  // in the file; SIZE_MAX = absent
};

// The fields of a header line, for telling formats apart.
bool header_has(std::string_view line, const std::vector<std::string_view>& names);

}  // namespace kvern
