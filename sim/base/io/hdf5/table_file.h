// Tables of named typed columns in an HDF5 file: records.h5, traces, measured costs. This folder is
// the only place that knows HDF5. Files are readable by any HDF5 tool: libver earliest, no object
// times.
//
// A table is a group; its columns are one-dimensional datasets of equal length with the attributes
// `unit` and `description`. A process that dies, or a disk that fills, costs at most the rows since
// the last flush(): readers trust the group's attribute `rows_complete`, raised only after those
// rows are safe, and never a dataset's extent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace kvern {

enum class ColumnType : std::uint8_t { U8, U16, U32, U64, I32, I64, F32, F64, Text };

// The column type that holds T, an arithmetic type of exactly that size.
template <class T>
constexpr ColumnType column_type() {
  if constexpr (std::is_enum_v<T>) {
    return column_type<std::underlying_type_t<T>>();
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? ColumnType::F32 : ColumnType::F64;
  } else if constexpr (std::is_signed_v<T>) {
    static_assert(sizeof(T) >= 4);
    return sizeof(T) == 4 ? ColumnType::I32 : ColumnType::I64;
  } else {
    return sizeof(T) == 1   ? ColumnType::U8
           : sizeof(T) == 2 ? ColumnType::U16
           : sizeof(T) == 4 ? ColumnType::U32
                            : ColumnType::U64;
  }
}
const char* column_type_name(ColumnType type);  // "u32", "text"

struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::U32;
  std::string unit;  // "ns", "tokens", "1"
  std::string description;
};

struct TableSpec {
  std::string group;  // "/requests"
  std::vector<ColumnSpec> columns;
  std::uint32_t chunk_rows = 16'384;
  bool compress = false;  // shuffle + deflate 4; else no filter
  // False: no rows_complete, so that several tables of different lengths can share a group.
  bool mark_complete = true;
};

using AttributeValue = std::variant<std::string, std::int64_t, std::uint64_t, double, bool>;

class TableWriter;

// One table being written. Rows wait in memory until a chunk is full or the file is flushed.
class Table {
 public:
  // A row: put() every column once, then end_row(). `column` counts from 0 in the order of the
  // spec. T must be the column's type exactly; nothing checks it, for this is the hot path.
  template <class T>
  void put(std::size_t column, T value) {
    std::memcpy(buffers_[column].data() + std::size_t{row_} * sizeof(T), &value, sizeof(T));
  }
  void end_row() {
    if (++row_ == chunk_rows_) write_rows();
  }
  // Many rows column by column: write n <= room() values from next<T>() of every column on, then
  // end_rows(n).
  std::uint32_t room() const { return chunk_rows_ - row_; }
  template <class T>
  T* next(std::size_t column) {
    return reinterpret_cast<T*>(buffers_[column].data()) + row_;
  }
  void end_rows(std::uint32_t n) {
    row_ += n;
    if (row_ == chunk_rows_) write_rows();
  }
  // Many rows of a table of one column.
  template <class T>
  void append(std::span<const T> values) {
    append_bytes(values.data(), values.size(), sizeof(T));
  }
  // A row of a table of one text column.
  void append_text(std::string_view text);

  std::uint64_t rows() const { return first_row_ + row_; }

 private:
  friend class TableWriter;
  Table(TableWriter& file, TableSpec spec);
  void write_rows();
  void append_bytes(const void* values, std::size_t count, std::size_t size);

  TableWriter* file_;
  TableSpec spec_;
  std::uint32_t chunk_rows_;
  std::uint32_t row_ = 0;        // rows in the buffers
  std::uint32_t written_ = 0;    // of these, already in the file
  std::uint64_t first_row_ = 0;  // row number of the buffers' first
  std::vector<std::vector<std::byte>> buffers_;
  std::vector<std::string> texts_;
  std::vector<std::int64_t> datasets_;
};

// A file being written. Every member throws OutsideError at the first failure; from then on the
// file is never touched again, by nobody (calls do nothing), and what was flushed stays readable.
class TableWriter {
 public:
  explicit TableWriter(const std::string& path);  // creates, or replaces
  ~TableWriter();  // without close(): rows since the last flush are dropped
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;

  Table& add_table(TableSpec spec);  // the reference stays valid as long as the writer
  // On a group or dataset ("/", "/requests/id"), or on a new group; replaces one of that name.
  void set_attribute(const std::string& object, const std::string& name,
                     const AttributeValue& value);
  // All rows so far are on disk and counted in rows_complete when this returns.
  void flush();
  void close();  // flush() and the end; further calls do nothing
  // close(), and the seal of a file that Kvern reads back (seal.h).
  void close_sealed(std::string_view kind);

  bool failed() const { return failed_; }
  const std::string& path() const { return path_; }

 private:
  friend class Table;
  void check(std::int64_t status, const char* doing);
  [[noreturn]] void fail(const char* doing, const std::string& why);
  void reserve_disk();

  std::string path_;
  std::int64_t file_ = -1;
  std::uint64_t reserved_ = 0;
  bool failed_ = false;
  std::deque<Table> tables_;
};

// A file being read, by windows. Everything throws OutsideError, naming file and object, when a
// column or attribute is missing, of another type, or unreadable.
class TableReader {
 public:
  // With a kind, a sealed file of that kind (seal.h): checked before anything is read. `again`: how
  // to make a new one.
  explicit TableReader(const std::string& path);
  TableReader(const std::string& path, std::string_view kind, std::string_view again);
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  // True when the file at `path` begins like an HDF5 file.
  static bool is_table_file(const std::string& path);

  bool has(const std::string& object) const;
  // Rows of a column: its group's rows_complete where there is one, else its extent.
  std::uint64_t rows(const std::string& column);
  // Rows [offset, offset + into.size()) of a column of exactly type T.
  template <class T>
  void read(const std::string& column, std::uint64_t offset, std::span<T> into) {
    read_bytes(column, column_type<T>(), offset, into.size(), into.data());
  }
  template <class T>
  std::vector<T> read_all(const std::string& column) {
    std::vector<T> values(rows(column));
    read<T>(column, 0, values);
    return values;
  }
  std::vector<std::string> read_text(const std::string& column);

  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  std::int64_t integer_attribute(const std::string& object, const std::string& name) const;

  const std::string& path() const { return path_; }

 private:
  struct OpenColumn {
    std::string name;
    std::int64_t dataset = -1;
    std::uint64_t rows = 0;
  };
  const OpenColumn& open(const std::string& column);
  void read_bytes(const std::string& column, ColumnType type, std::uint64_t offset,
                  std::uint64_t count, void* into);

  std::string path_;
  std::int64_t file_ = -1;
  std::deque<OpenColumn> columns_;
};

}  // namespace kvern
