// Tables being read (table_file.h).
#include <fmt/format.h>

#include <algorithm>

#include "sim/base/io/hdf5/handle.h"
#include "sim/base/io/hdf5/seal.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"

namespace kvern {

TableReader::TableReader(const std::string& path) : path_(path), file_(open_for_read(path)) {}

TableReader::TableReader(const std::string& path, std::string_view kind, std::string_view again)
    : path_(path) {
  check_seal(path, kind, again);
  file_ = open_for_read(path);
}

TableReader::~TableReader() {
  for (const OpenColumn& column : columns_) H5Dclose(column.dataset);
  if (file_ >= 0) H5Fclose(file_);
}

bool TableReader::is_table_file(const std::string& path) {
  start_hdf5();
  return H5Fis_hdf5(path.c_str()) > 0;
}

bool TableReader::has(const std::string& object) const { return link_exists(file_, object); }

const TableReader::OpenColumn& TableReader::open(const std::string& name) {
  for (const OpenColumn& column : columns_) {
    if (column.name == name) return column;
  }
  OpenColumn column{name, has(name) ? H5Dopen2(file_, name.c_str(), H5P_DEFAULT) : -1, 0};
  if (column.dataset < 0) throw OutsideError(fmt::format("{}: no column {}", path_, name));
  columns_.push_back(column);  // from here on closed by the destructor
  const Handle space(H5Dget_space(column.dataset), H5Sclose);
  hsize_t extent = 0;
  if (H5Sget_simple_extent_ndims(space) != 1) {
    throw OutsideError(fmt::format("{}: {} is not a column", path_, name));
  }
  H5Sget_simple_extent_dims(space, &extent, nullptr);
  check_claim(column.dataset, path_, name);
  column.rows = extent;
  const std::string group = name.substr(0, std::max<std::size_t>(1, name.rfind('/')));
  if (has_attribute(group, "rows_complete")) {
    const auto complete = static_cast<std::uint64_t>(integer_attribute(group, "rows_complete"));
    column.rows = std::min<std::uint64_t>(extent, complete);
  }
  return columns_.back() = column;
}

std::uint64_t TableReader::rows(const std::string& column) { return open(column).rows; }

void TableReader::read_bytes(const std::string& name, ColumnType type, std::uint64_t offset,
                             std::uint64_t count, void* into) {
  const OpenColumn& column = open(name);
  const Handle stored(H5Dget_type(column.dataset), H5Tclose);
  if (H5Tequal(stored, type_row(type).stored) <= 0) {
    throw OutsideError(
        fmt::format("{}: column {} is not of type {}", path_, name, column_type_name(type)));
  }
  if (count == 0) return;
  const Handle rows(H5Dget_space(column.dataset), H5Sclose);
  const hsize_t first = offset;
  const hsize_t length = count;
  const Handle memory(H5Screate_simple(1, &length, nullptr), H5Sclose);
  H5Sselect_hyperslab(rows, H5S_SELECT_SET, &first, nullptr, &length, nullptr);
  if (count > column.rows || offset > column.rows - count ||
      H5Dread(column.dataset, stored, memory, rows, H5P_DEFAULT, into) < 0) {
    throw OutsideError(fmt::format("{}: cannot read rows {}..{} of {}: {}", path_, offset,
                                   offset + count, name, reason()));
  }
}

std::vector<std::string> TableReader::read_text(const std::string& name) {
  const OpenColumn& column = open(name);
  const Handle stored(H5Dget_type(column.dataset), H5Tclose);
  if (H5Tis_variable_str(stored) <= 0) {
    throw OutsideError(fmt::format("{}: column {} is not of type text", path_, name));
  }
  std::vector<char*> pointers(column.rows);
  std::vector<std::string> texts;
  const Handle type = text_type();
  const Handle space(H5Dget_space(column.dataset), H5Sclose);
  if (static_cast<std::uint64_t>(H5Sget_simple_extent_npoints(space)) != column.rows ||
      H5Dread(column.dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0) {
    throw OutsideError(fmt::format("{}: cannot read {}: {}", path_, name, reason()));
  }
  texts.reserve(pointers.size());
  for (const char* text : pointers) texts.emplace_back(text != nullptr ? text : "");
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  return texts;
}

bool TableReader::has_attribute(const std::string& object, const std::string& name) const {
  return attribute_exists(file_, object, name);
}

std::string TableReader::text_attribute(const std::string& object, const std::string& name) const {
  return read_text_attribute(file_, path_, object, name);
}

std::int64_t TableReader::integer_attribute(const std::string& object,
                                            const std::string& name) const {
  const std::vector<std::int64_t> values = read_integers_attribute(file_, path_, object, name);
  if (values.size() != 1) {
    throw OutsideError(
        fmt::format("{}: attribute {} on {} is not one number", path_, name, object));
  }
  return values.front();
}

}  // namespace kvern
