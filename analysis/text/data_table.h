// A table of measurements as it was published: CSV, or TSV by its name, packed or not. All of it is
// in memory: such files have thousands of rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvern {

class DataTable {
 public:
  // Throws OutsideError when the file can't be read.
  explicit DataTable(const std::string& path);

  std::size_t rows() const { return rows_; }
  const std::vector<std::string>& header() const { return header_; }
  std::optional<std::size_t> column(std::string_view name) const;
  // "" where the row is shorter than the header.
  const std::string& text(std::size_t row, std::size_t column) const {
    return cells_[row * header_.size() + column];
  }
  // Empty cells and words are unknown, never 0.
  std::optional<double> number(std::size_t row, std::size_t column) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::string> cells_;  // row by row
  std::size_t rows_ = 0;
};

// The unit at the end of a name: "first_token_s" is "first_token" in seconds, so 1 of it are
// `factor` = 1 base units (s, J, W, share; 1 where there is no unit). Rates ("tokens_per_s") have
// none.
struct NamedUnit {
  std::string stem;
  std::string unit;  // "s", "ms", "mJ", "pct", ...; "" = none
  std::string base;  // "s", "J", "W", "share"; "" = none
  double factor = 1;
};
NamedUnit named_unit(std::string_view name);
// Of a unit alone ("ms"); null when there is no such unit. "1" is none.
std::optional<NamedUnit> unit_of(std::string_view unit);
// "_ns, _us, ..." for messages.
std::string known_units();

}  // namespace kvern
