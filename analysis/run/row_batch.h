// Rows of one table on their way to its columns, a few at a time: a loop a column over rows that
// are still in the first-level cache costs a third of putting row after row.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "analysis/run/record_columns.h"

namespace kvern {

template <class Row>
class RowBatch {
 public:
  void to(Table& table) { table_ = &table; }  // without a table rows are dropped
  bool written() const { return table_ != nullptr; }
  void add(const Row& row) {
    rows_[count_++] = row;
    if (count_ == rows_.size()) write_out();
  }
  // All rows so far are in the table.
  void write_out();

 private:
  Table* table_ = nullptr;
  std::uint32_t count_ = 0;
  std::array<Row, 64> rows_;
};

template <class Row>
void RowBatch<Row>::write_out() {
  std::uint32_t first = 0;
  while (table_ != nullptr && first < count_) {
    const std::uint32_t n = std::min(count_ - first, table_->room());
    std::size_t i = 0;
    each_column(std::type_identity<Row>{},
                [&]<class T>(const char*, T Row::*member, const char*, const char*) {
                  T* column = table_->next<T>(i++);
                  for (std::uint32_t k = 0; k < n; ++k) column[k] = rows_[first + k].*member;
                });
    table_->end_rows(n);
    first += n;
  }
  count_ = 0;
}

}  // namespace kvern
