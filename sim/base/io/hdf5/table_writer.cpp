// Tables being written (table_file.h).
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sim/base/io/hdf5/handle.h"
#include "sim/base/io/hdf5/seal.h"
#include "sim/base/io/hdf5/table_file.h"
#include "sim/base/outside_error.h"

namespace kvern {

namespace {

// Between flushes no metadata may reach the file: what is on disk stays the last flushed state.
void hold_metadata(hid_t access) {
  H5AC_cache_config_t cache{};
  cache.version = H5AC__CURR_CACHE_CONFIG_VERSION;
  H5Pget_mdc_config(access, &cache);
  cache.evictions_enabled = 0;
  cache.incr_mode = H5C_incr__off;
  cache.flash_incr_mode = H5C_flash_incr__off;
  cache.decr_mode = H5C_decr__off;
  H5Pset_mdc_config(access, &cache);
}
hid_t create_dataset(hid_t group, const ColumnSpec& column, const TableSpec& table) {
  const hsize_t none = 0;
  const hsize_t unlimited = H5S_UNLIMITED;
  const hsize_t chunk = table.chunk_rows;
  const bool is_text = column.type == ColumnType::Text;
  const Handle space(H5Screate_simple(1, &none, &unlimited), H5Sclose);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(creation, 1, &chunk);
  H5Pset_obj_track_times(creation, 0);
  if (table.compress && !is_text) {
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 4);
  } else if (!is_text) {
    H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER);
  }
  // No chunk cache: rows go to the file when they are written, or the write fails.
  const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  H5Pset_chunk_cache(access, 1, 0, 1.0);
  const Handle text = text_type();
  const hid_t type = is_text ? hid_t{text} : type_row(column.type).stored;
  const hid_t dataset =
      H5Dcreate2(group, column.name.c_str(), type, space, H5P_DEFAULT, creation, access);
  if (dataset < 0) return -1;
  if (write_attribute(dataset, "unit", column.unit) < 0) return -1;
  return write_attribute(dataset, "description", column.description) < 0 ? -1 : dataset;
}
}  // namespace

Table::Table(TableWriter& file, TableSpec spec)
    : file_(&file), spec_(std::move(spec)), chunk_rows_(spec_.chunk_rows) {
  for (const ColumnSpec& column : spec_.columns) {
    buffers_.emplace_back(std::size_t{chunk_rows_} * type_row(column.type).size);
  }
}

// Rows up to row_ go to the file. A partly filled chunk stays in the buffers, so that no later
// write straddles two chunks.
void Table::write_rows() {
  if (file_->failed_) {
    row_ = 0;
    texts_.clear();
    return;
  }
  const hsize_t total = first_row_ + row_;
  const hsize_t start = first_row_ + written_;
  const hsize_t count = row_ - written_;
  const Handle text = text_type();
  std::vector<const char*> pointers;
  for (const std::string& value : texts_) pointers.push_back(value.c_str());
  for (std::size_t i = 0; i < datasets_.size() && count > 0; ++i) {
    const TypeRow type = type_row(spec_.columns[i].type);
    file_->check(H5Dset_extent(datasets_[i], &total), "extend a column");
    const Handle rows(H5Dget_space(datasets_[i]), H5Sclose);
    const Handle memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
    H5Sselect_hyperslab(rows, H5S_SELECT_SET, &start, nullptr, &count, nullptr);
    const void* data = type.size == 0 ? static_cast<const void*>(pointers.data() + written_)
                                      : buffers_[i].data() + std::size_t{written_} * type.size;
    file_->check(H5Dwrite(datasets_[i], type.size == 0 ? hid_t{text} : type.stored, memory, rows,
                          H5P_DEFAULT, data),
                 "write");
  }
  written_ = row_;
  if (row_ < chunk_rows_) return;
  first_row_ += row_;
  row_ = written_ = 0;
  texts_.clear();
}

void Table::append_bytes(const void* values, std::size_t count, std::size_t size) {
  const auto* from = static_cast<const std::byte*>(values);
  while (count > 0) {
    const std::size_t rows = std::min<std::size_t>(count, chunk_rows_ - row_);
    std::memcpy(buffers_[0].data() + row_ * size, from, rows * size);
    from += rows * size;
    count -= rows;
    row_ += static_cast<std::uint32_t>(rows);
    if (row_ == chunk_rows_) write_rows();
  }
}

void Table::append_text(std::string_view text) {
  texts_.emplace_back(text);
  end_row();
}

TableWriter::TableWriter(const std::string& path) : path_(path) {
  start_hdf5();
  const Handle access = file_access();
  hold_metadata(access);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access);
  check(file_, "create the file");
  check(H5Fflush(file_, H5F_SCOPE_LOCAL), "flush");  // from now on it can be opened
}

TableWriter::~TableWriter() {
  if (failed_ || file_ < 0) return;
  for (const Table& table : tables_) {
    for (const hid_t dataset : table.datasets_) H5Dclose(dataset);
  }
  H5Fclose(file_);
}

void TableWriter::check(std::int64_t status, const char* doing) {
  if (status < 0) fail(doing, reason());
}

void TableWriter::fail(const char* doing, const std::string& why) {
  failed_ = true;
  for (Table& table : tables_) table.row_ = 0;
  throw OutsideError(fmt::format("{}: cannot {}: {}", path_, doing, why));
}

Table& TableWriter::add_table(TableSpec spec) {
  tables_.push_back(Table(*this, std::move(spec)));
  Table& table = tables_.back();
  if (failed_ || file_ < 0) return table;
  const Handle group(open_group(file_, table.spec_.group), H5Oclose);
  check(group, "create a group");
  for (const ColumnSpec& column : table.spec_.columns) {
    table.datasets_.push_back(create_dataset(group, column, table.spec_));
    check(table.datasets_.back(), "create a column");
  }
  if (table.spec_.mark_complete) {
    check(write_attribute(group, "rows_complete", std::uint64_t{0}), "write an attribute");
  }
  return table;
}

void TableWriter::set_attribute(const std::string& object, const std::string& name,
                                const AttributeValue& value) {
  if (failed_ || file_ < 0) return;
  const Handle group(open_group(file_, object), H5Oclose);
  check(group, "open a group");
  check(write_attribute(group, name, value), "write an attribute");
}

// Claims the disk space of everything HDF5 has laid out, so that a full disk is met before any
// metadata is overwritten.
void TableWriter::reserve_disk() {
  haddr_t end = 0;
  void* descriptor = nullptr;
  check(H5Fget_eoa(file_, &end), "measure the file");
  check(H5Fget_vfd_handle(file_, H5P_DEFAULT, &descriptor), "find the file's descriptor");
  if (end <= reserved_) return;
  const int error = posix_fallocate(*static_cast<int*>(descriptor), static_cast<off_t>(reserved_),
                                    static_cast<off_t>(end - reserved_));
  if (error != 0) fail("write", std::strerror(error));
  reserved_ = end;
}

void TableWriter::flush() {
  if (failed_ || file_ < 0) return;
  for (Table& table : tables_) table.write_rows();
  reserve_disk();
  check(H5Fflush(file_, H5F_SCOPE_LOCAL), "flush");
  for (const Table& table : tables_) {
    if (!table.spec_.mark_complete) continue;
    const Handle group(open_group(file_, table.spec_.group), H5Oclose);
    const Handle mark(H5Aopen(group, "rows_complete", H5P_DEFAULT), H5Aclose);
    const std::uint64_t rows = table.rows();
    check(H5Awrite(mark, H5T_STD_U64LE, &rows), "raise rows_complete");
  }
  reserve_disk();
  check(H5Fflush(file_, H5F_SCOPE_LOCAL), "flush");
}

void TableWriter::close() {
  if (failed_ || file_ < 0) return;
  flush();
  for (const Table& table : tables_) {
    for (const hid_t dataset : table.datasets_) check(H5Dclose(dataset), "close a column");
  }
  check(H5Fclose(file_), "close the file");
  file_ = -1;
}

void TableWriter::close_sealed(std::string_view kind) {
  if (failed_ || file_ < 0) return;
  close();
  seal_file(path_, kind);
}

}  // namespace kvern
