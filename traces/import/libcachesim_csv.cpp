// Accesses to objects as CSV, the layouts that libCacheSim is given
// (github.com/1a1a11a/libCacheSim): a column of objects (any text), of times (in s; absent: the
// order of the file) and of sizes (may be absent). Columns go by their usual names in the header,
// or are time, object, size where there is no header. An access becomes a request of one block of
// one token.
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/config/decimal.h"
#include "sim/base/io/csv.h"
#include "traces/import/block_names.h"
#include "traces/import/importers.h"
#include "traces/import/object_accesses.h"

namespace kvern {

namespace {

using Names = std::vector<std::string>;
constexpr std::size_t kAbsent = SIZE_MAX;

const Names& time_names() {
  static const Names names = {"time", "timestamp", "clock_time", "real_time"};
  return names;
}
const Names& object_names() {
  static const Names names = {"obj_id", "object_id", "obj", "object", "id", "key", "lbn"};
  return names;
}
const Names& size_names() {
  static const Names names = {"size", "obj_size", "object_size"};
  return names;
}

std::string_view trimmed(std::string_view name) {
  while (!name.empty() && (name.front() == '#' || name.front() == ' ')) name.remove_prefix(1);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  return name;
}

// Place of the first of `names` in the header.
std::size_t place(const Names& header, const Names& names) {
  for (const std::string& name : names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (trimmed(header[i]) == name) return i;
    }
  }
  return kAbsent;
}

struct Columns {
  std::size_t time = 0;
  std::size_t object = 1;
  std::size_t size = 2;
  bool header = true;
};

Columns columns_of(const Names& header, const ImportOptions& options, RowLog& log) {
  Columns c;
  c.header = header.empty() || !scaled_decimal(trimmed(header[0]), 9);
  if (!c.header) {
    if (header.size() < 3) c.size = kAbsent;
    if (header.size() < 2) log.fatal("one column: time and object are needed");
    return c;
  }
  Names time = time_names();
  time.insert(time.begin(), options.time_column);
  c.time = place(header, time);
  c.object =
      place(header, options.object_column.empty() ? object_names() : Names{options.object_column});
  c.size = place(header, size_names());
  if (c.object == kAbsent) {
    const std::string wanted = options.object_column.empty() ? "obj_id" : options.object_column;
    log.fatal(fmt::format("no column \"{}\"", wanted), did_you_mean(wanted, header));
  }
  return c;
}

int seconds_unless_named(const std::string& unit) {
  return unit == "ms" ? 6 : unit == "us" ? 3 : unit == "ns" ? 0 : 9;
}

class Accesses {
 public:
  Accesses(CsvReader& csv, const Columns& columns, int time_digits, TraceBuilder& trace)
      : csv_(csv), columns_(columns), time_digits_(time_digits), trace_(trace), accesses_(trace) {
    if (columns.time == kAbsent) trace.header.clock = "synthesised";
  }

  template <class FieldAt>
  void add(const FieldAt& field) {
    SimTime time = count_++;  // 1 ns apart, where the file has no times
    if (columns_.time != kAbsent) {
      const auto read = scaled_decimal(trimmed(field(columns_.time)), time_digits_);
      if (!read || *read < 0 || *read > kLongestTime) {
        trace_.row_log().bad("time", field(columns_.time), "not a time of less than 73 years");
        return;
      }
      time = *read;
    }
    std::int64_t bytes = 1;
    if (columns_.size != kAbsent) {
      const auto read = whole_number(trimmed(field(columns_.size)));
      if (!read) {
        trace_.row_log().bad("size", field(columns_.size), "not a whole number");
        return;
      }
      bytes = *read;
    }
    const std::string_view object = trimmed(field(columns_.object));
    if (object.empty()) {
      trace_.row_log().bad("object", {}, "empty");
      return;
    }
    accesses_.add(time, names_.chained(BlockNames::kRoot, object), bytes);
  }

  void read() {
    while (csv_.next()) {
      trace_.row_log().at(csv_.line(), csv_.text());
      if (csv_.broken()) {
        trace_.row_log().bad("row", csv_.text(), "its quotes do not match");
        continue;
      }
      if (csv_.fields() != csv_.header().size()) {
        trace_.row_log().bad(
            "row", csv_.text(),
            fmt::format("{} fields, the first row has {}", csv_.fields(), csv_.header().size()));
        continue;
      }
      add([this](std::size_t column) { return csv_.field(column); });
    }
  }

 private:
  CsvReader& csv_;
  Columns columns_;
  int time_digits_;
  TraceBuilder& trace_;
  ObjectAccesses accesses_;
  BlockNames names_;
  SimTime count_ = 0;
};

}  // namespace

bool is_libcachesim_csv(std::string_view first_line) {
  Names header;
  for (std::size_t at = 0; at <= first_line.size();) {
    const std::size_t end = std::min(first_line.find(',', at), first_line.size());
    header.emplace_back(first_line.substr(at, end - at));
    at = end + 1;
  }
  return header.size() > 1 && place(header, object_names()) != kAbsent &&
         (place(header, time_names()) != kAbsent || place(header, size_names()) != kAbsent);
}

void import_libcachesim_csv(ByteSource& source, const ImportOptions& options, TraceBuilder& trace) {
  CsvReader csv(source);
  trace.row_log().at(1, {});
  const Columns columns = columns_of(csv.header(), options, trace.row_log());
  if (trace.row_log().failed()) return;
  Accesses accesses(csv, columns, seconds_unless_named(options.time_unit), trace);
  if (!columns.header) {
    accesses.add([&csv](std::size_t column) { return std::string_view(csv.header()[column]); });
  }
  accesses.read();
}

}  // namespace kvern
