// The column of a [[measured]], row by row, in base units (s, J, W, share).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/text/data_table.h"
#include "analysis/text/expression.h"
#include "scenarios/program/validation/case_spec.h"

namespace kvern {

class MeasuredColumn {
 public:
  // Reads no rows. Null with issues: the file has no such column.
  static std::optional<MeasuredColumn> make(const MeasuredSpec& spec, const DataTable& table,
                                            Issues& issues);

  // Unknown where a cell is empty or a word.
  std::optional<double> value(std::size_t row) const;
  // Of `only`.
  bool selected(std::size_t row) const;
  // "s", "J", "W", "share", or "" (of the first name of arithmetic).
  const std::string& base() const { return base_; }
  // Its value in the column `group`; "" without.
  std::string group(std::size_t row) const;

 private:
  explicit MeasuredColumn(const DataTable& table) : table_(&table) {}
  const DataTable* table_;
  std::optional<Expression> expression_;
  std::vector<std::size_t> columns_;  // of the expression's names
  std::vector<double> factors_;
  double factor_ = 1;
  std::string base_;
  bool step_kinds_ = false;  // words are codes
  std::optional<Config> only_;
  std::optional<std::size_t> group_;
};

// Whether the columns named in `only` have its values in that row: a text, a number, or a list of
// them. Columns that the table lacks are none.
bool row_matches(const DataTable& table, std::size_t row, const Config& only);
// An issue for each column in `only` that the table lacks.
void check_only(const DataTable& table, const Config& only, Issues& issues);

// The first of these columns that the table has.
std::optional<std::size_t> first_column(const DataTable& table,
                                        const std::vector<std::string>& names);

}  // namespace kvern
