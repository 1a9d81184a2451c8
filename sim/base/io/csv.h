// A CSV file (RFC 4180) record by record, columns by the names of the header line. Fields may be
// quoted, then with commas, doubled quotes and line ends inside; the last line needs no line end. A
// quote within a field that did not begin with one is a character like others; a quoted field that
// is not closed within 16 lines, or goes on behind its closing quote, spoils its line only: it
// is read as if its quotes meant nothing, and broken() says so.
// Another separator (a tab) makes it the same of TSV files.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/io/byte_source.h"

namespace kvern {

class CsvReader {
 public:
  // Reads the header. Throws OutsideError as ByteSource::read does.
  explicit CsvReader(ByteSource& source, char separator = ',');

  const std::vector<std::string>& header() const { return header_; }
  std::optional<std::size_t> column(std::string_view name) const;

  // The next record that is not an empty line; false at the end.
  bool next();
  // Of the record last read; valid until the next call of next(). Empty when it has fewer fields.
  std::string_view field(std::size_t column) const;
  std::size_t fields() const { return fields_.size(); }
  std::int64_t line() const { return line_; }        // on which the record begins
  std::string_view text() const { return record_; }  // as in the file
  // Its quotes do not match: the fields are cut at every separator.
  bool broken() const { return broken_; }

 private:
  bool read_record();
  bool next_line();
  void split();
  void split_plainly();

  LineReader lines_;
  std::deque<std::pair<std::int64_t, std::string>> ahead_;  // lines read while looking for a quote
  char separator_;
  std::vector<std::string> header_;
  std::string record_;
  std::string unquoted_;  // contents of quoted fields
  std::vector<std::string_view> fields_;
  std::int64_t line_ = 0;
  bool broken_ = false;
};

}  // namespace kvern
