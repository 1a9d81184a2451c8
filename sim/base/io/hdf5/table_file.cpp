#include "sim/base/io/hdf5/table_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <utility>

#include "sim/base/io/hdf5/array_file.h"
#include "sim/base/outside_error.h"

namespace kvern {

namespace {

struct TypeRow {
  const char* name;
  hid_t stored;  // little-endian
  std::size_t size;
};

// HDF5's type ids exist only after H5open, so this is a function.
TypeRow type_row(ColumnType type) {
  switch (type) {
    case ColumnType::U8:
      return {"u8", H5T_STD_U8LE, 1};
    case ColumnType::U16:
      return {"u16", H5T_STD_U16LE, 2};
    case ColumnType::U32:
      return {"u32", H5T_STD_U32LE, 4};
    case ColumnType::U64:
      return {"u64", H5T_STD_U64LE, 8};
    case ColumnType::I32:
      return {"i32", H5T_STD_I32LE, 4};
    case ColumnType::I64:
      return {"i64", H5T_STD_I64LE, 8};
    case ColumnType::F32:
      return {"f32", H5T_IEEE_F32LE, 4};
    case ColumnType::F64:
      return {"f64", H5T_IEEE_F64LE, 8};
    case ColumnType::Text:
      break;
  }
  return {"text", H5T_C_S1, 0};
}

// An id that is closed when it goes out of scope.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }  // NOLINT: stands for the id in HDF5 calls

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// Failures are ours to report, and a file that failed must not be flushed when the process ends.
void start_hdf5() {
  static const bool started = [] {
    H5dont_atexit();
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  (void)started;
}

// The innermost entry of HDF5's error stack; where the operating system gave the reason, that alone
// ("No space left on device"), for HDF5 wraps it into pointers and offsets.
std::string reason() {
  std::string text = "no reason given";
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned n, const H5E_error2_t* entry, void* into) -> herr_t {
        if (n == 0) *static_cast<std::string*>(into) = entry->desc;
        return 0;
      },
      &text);
  constexpr std::string_view kSystem = "error message = '";
  const std::size_t begin = text.find(kSystem);
  if (begin == std::string::npos) return text;
  const std::size_t from = begin + kSystem.size();
  return text.substr(from, text.find('\'', from) - from);
}

Handle text_type() {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return {type, H5Tclose};
}

// No locks: a reader may look at a running file, and some file systems have none.
Handle file_access() {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_file_locking(access, 0, 1);
  H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  return {access, H5Pclose};
}

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

herr_t write_attribute(hid_t object, const std::string& name, const AttributeValue& value) {
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const auto write = [&](hid_t type, const void* data) -> herr_t {
    const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose);
    return attribute < 0 ? -1 : H5Awrite(attribute, type, data);
  };
  if (H5Aexists(object, name.c_str()) > 0 && H5Adelete(object, name.c_str()) < 0) return -1;
  if (const auto* text = std::get_if<std::string>(&value)) {
    const char* data = text->c_str();
    return write(text_type(), &data);
  }
  if (const auto* number = std::get_if<std::int64_t>(&value)) return write(H5T_STD_I64LE, number);
  if (const auto* count = std::get_if<std::uint64_t>(&value)) return write(H5T_STD_U64LE, count);
  if (const auto* real = std::get_if<double>(&value)) return write(H5T_IEEE_F64LE, real);
  const std::uint8_t flag = std::get<bool>(value) ? 1 : 0;
  return write(H5T_STD_U8LE, &flag);
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

hid_t open_group(hid_t file, const std::string& name) {
  if (name == "/" || H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0) {
    return H5Oopen(file, name.c_str(), H5P_DEFAULT);
  }
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  return H5Gcreate2(file, name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT);
}

}  // namespace

const char* column_type_name(ColumnType type) { return type_row(type).name; }

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

TableReader::TableReader(const std::string& path) : path_(path) {
  start_hdf5();
  const Handle access = file_access();
  file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  if (file_ < 0) throw OutsideError(fmt::format("{}: cannot open: {}", path_, reason()));
}

TableReader::~TableReader() {
  for (const OpenColumn& column : columns_) H5Dclose(column.dataset);
  if (file_ >= 0) H5Fclose(file_);
}

bool TableReader::is_table_file(const std::string& path) {
  start_hdf5();
  return H5Fis_hdf5(path.c_str()) > 0;
}

bool TableReader::has(const std::string& object) const {
  // Each link on the way must exist before the next may be asked for.
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    if (H5Lexists(file_, object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

const TableReader::OpenColumn& TableReader::open(const std::string& name) {
  for (const OpenColumn& column : columns_) {
    if (column.name == name) return column;
  }
  OpenColumn column{name, has(name) ? H5Dopen2(file_, name.c_str(), H5P_DEFAULT) : -1, 0};
  if (column.dataset < 0) throw OutsideError(fmt::format("{}: no column {}", path_, name));
  const Handle space(H5Dget_space(column.dataset), H5Sclose);
  hsize_t extent = 0;
  if (H5Sget_simple_extent_ndims(space) == 1) H5Sget_simple_extent_dims(space, &extent, nullptr);
  column.rows = extent;
  const std::string group = name.substr(0, std::max<std::size_t>(1, name.rfind('/')));
  if (has_attribute(group, "rows_complete")) {
    const auto complete = static_cast<std::uint64_t>(integer_attribute(group, "rows_complete"));
    column.rows = std::min<std::uint64_t>(extent, complete);
  }
  columns_.push_back(column);
  return columns_.back();
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
  if (offset + count > column.rows ||
      H5Dread(column.dataset, stored, memory, rows, H5P_DEFAULT, into) < 0) {
    throw OutsideError(fmt::format("{}: cannot read rows {}..{} of {}: {}", path_, offset,
                                   offset + count, name, reason()));
  }
}

std::vector<std::string> TableReader::read_text(const std::string& name) {
  const OpenColumn& column = open(name);
  std::vector<char*> pointers(column.rows);
  std::vector<std::string> texts;
  const Handle type = text_type();
  const Handle space(H5Dget_space(column.dataset), H5Sclose);
  if (H5Dread(column.dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) < 0) {
    throw OutsideError(fmt::format("{}: cannot read {}: {}", path_, name, reason()));
  }
  texts.reserve(pointers.size());
  for (const char* text : pointers) texts.emplace_back(text != nullptr ? text : "");
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
  return texts;
}

bool TableReader::has_attribute(const std::string& object, const std::string& name) const {
  return (object == "/" || has(object)) &&
         H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string TableReader::text_attribute(const std::string& object, const std::string& name) const {
  const Handle attribute(
      H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const Handle type = text_type();
  char* text = nullptr;
  if (attribute < 0 || H5Aread(attribute, type, &text) < 0) {
    throw OutsideError(fmt::format("{}: no text attribute {} on {}", path_, name, object));
  }
  std::string value(text != nullptr ? text : "");
  H5free_memory(text);
  return value;
}

std::int64_t TableReader::integer_attribute(const std::string& object,
                                            const std::string& name) const {
  const Handle attribute(
      H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  std::int64_t value = 0;
  if (attribute < 0 || H5Aread(attribute, H5T_NATIVE_INT64, &value) < 0) {
    throw OutsideError(fmt::format("{}: no integer attribute {} on {}", path_, name, object));
  }
  return value;
}

// Arrays (array_file.h).
namespace {

struct ArrayTypeHandle {
  explicit ArrayTypeHandle(ArrayType type) : id(H5Tcopy(base(type))) {
    if (type != ArrayType::F16) return;
    H5Tset_fields(id, 15, 10, 5, 0, 10);
    H5Tset_size(id, 2);
    H5Tset_ebias(id, 15);
  }
  ArrayTypeHandle(const ArrayTypeHandle&) = delete;
  ArrayTypeHandle& operator=(const ArrayTypeHandle&) = delete;
  ~ArrayTypeHandle() { H5Tclose(id); }
  static hid_t base(ArrayType type) {
    switch (type) {
      case ArrayType::U8:
        return H5T_STD_U8LE;
      case ArrayType::I32:
        return H5T_STD_I32LE;
      case ArrayType::I64:
        return H5T_STD_I64LE;
      case ArrayType::F64:
        return H5T_IEEE_F64LE;
      case ArrayType::F16:
      case ArrayType::F32:
        break;
    }
    return H5T_IEEE_F32LE;
  }
  hid_t id;
};

std::uint64_t size_of(const Extents& count) {
  std::uint64_t size = 1;
  for (const std::uint64_t extent : count) size *= extent;
  return size;
}

hid_t open_for_read(const std::string& path) {
  start_hdf5();
  const Handle access = file_access();
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  if (file < 0) throw OutsideError(fmt::format("{}: cannot open: {}", path, reason()));
  return file;
}

bool link_exists(hid_t file, const std::string& object) {
  if (object == "/") return true;
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    if (H5Lexists(file, object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

// Reads or writes the block; negative when it does not fit the dataset or fails.
template <class Transfer>
herr_t transfer_block(hid_t dataset, const Extents& start, const Extents& count,
                      std::uint64_t values, Transfer transfer) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const int dimensions = H5Sget_simple_extent_ndims(space);
  if (dimensions < 0 || static_cast<std::size_t>(dimensions) != start.size() ||
      start.size() != count.size() || size_of(count) != values) {
    return -1;
  }
  if (values == 0) return 0;
  std::vector<hsize_t> first(start.begin(), start.end());
  std::vector<hsize_t> lengths(count.begin(), count.end());
  const hsize_t length = values;
  const Handle memory(H5Screate_simple(1, &length, nullptr), H5Sclose);
  if (dimensions > 0 && (H5Sselect_hyperslab(space, H5S_SELECT_SET, first.data(), nullptr,
                                             lengths.data(), nullptr) < 0 ||
                         H5Sselect_valid(space) <= 0)) {
    return -1;
  }
  return transfer(hid_t{memory}, hid_t{space});
}

}  // namespace

ArrayReader::ArrayReader(const std::string& path) : path_(path), file_(open_for_read(path)) {}
ArrayReader::~ArrayReader() { H5Fclose(file_); }

bool ArrayReader::has(const std::string& object) const { return link_exists(file_, object); }

std::vector<std::string> ArrayReader::members(const std::string& group) const {
  if (!has(group)) throw OutsideError(fmt::format("{}: no group {}", path_, group));
  std::vector<std::string> names;
  const Handle opened(H5Oopen(file_, group.c_str(), H5P_DEFAULT), H5Oclose);
  H5Literate(
      opened, H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, const char* name, const H5L_info_t*, void* into) -> herr_t {
        static_cast<std::vector<std::string>*>(into)->emplace_back(name);
        return 0;
      },
      &names);
  std::sort(names.begin(), names.end());
  return names;
}

Extents ArrayReader::shape(const std::string& name) const {
  const Handle dataset(has(name) ? H5Dopen2(file_, name.c_str(), H5P_DEFAULT) : -1, H5Dclose);
  if (dataset < 0) throw OutsideError(fmt::format("{}: no array {}", path_, name));
  const Handle space(H5Dget_space(dataset), H5Sclose);
  std::vector<hsize_t> extents(
      static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  return {extents.begin(), extents.end()};
}

std::uint64_t ArrayReader::stored_size(const std::string& name) const {
  const Handle dataset(has(name) ? H5Dopen2(file_, name.c_str(), H5P_DEFAULT) : -1, H5Dclose);
  if (dataset < 0) throw OutsideError(fmt::format("{}: no array {}", path_, name));
  const Handle type(H5Dget_type(dataset), H5Tclose);
  return H5Tget_size(type);
}

void ArrayReader::read_block(const std::string& name, ArrayType type, const Extents& start,
                             const Extents& count, std::uint64_t room, void* into) const {
  const Handle dataset(has(name) ? H5Dopen2(file_, name.c_str(), H5P_DEFAULT) : -1, H5Dclose);
  if (dataset < 0) throw OutsideError(fmt::format("{}: no array {}", path_, name));
  const ArrayTypeHandle wanted(type);
  const auto transfer = [&](hid_t memory, hid_t block) {
    return H5Dread(dataset, wanted.id, memory, block, H5P_DEFAULT, into);
  };
  if (transfer_block(dataset, start, count, room, transfer) < 0) {
    throw OutsideError(fmt::format("{}: cannot read {}: {}", path_, name, reason()));
  }
}

bool ArrayReader::has_attribute(const std::string& object, const std::string& name) const {
  return has(object) && H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string ArrayReader::text_attribute(const std::string& object, const std::string& name) const {
  const auto refuse = [&] {
    return OutsideError(fmt::format("{}: no text attribute {} on {}", path_, name, object));
  };
  const Handle attribute(
      H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (attribute < 0) throw refuse();
  const Handle stored(H5Aget_type(attribute), H5Tclose);
  if (H5Tget_class(stored) != H5T_STRING) throw refuse();
  const Handle space(H5Aget_space(attribute), H5Sclose);
  if (H5Sget_simple_extent_npoints(space) != 1) throw refuse();
  if (H5Tis_variable_str(stored) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute, stored, &text) < 0) throw refuse();
    std::string value(text != nullptr ? text : "");
    H5free_memory(text);
    return value;
  }
  std::string value(H5Tget_size(stored), '\0');
  if (H5Aread(attribute, stored, value.data()) < 0) throw refuse();
  return value.substr(0, value.find('\0'));
}

double ArrayReader::number_attribute(const std::string& object, const std::string& name) const {
  const Handle attribute(
      H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  double value = 0;
  const Handle space(attribute < 0 ? -1 : H5Aget_space(attribute), H5Sclose);
  if (attribute < 0 || H5Sget_simple_extent_npoints(space) != 1 ||
      H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) {
    throw OutsideError(fmt::format("{}: no number attribute {} on {}", path_, name, object));
  }
  return value;
}

std::vector<std::int64_t> ArrayReader::integers_attribute(const std::string& object,
                                                          const std::string& name) const {
  const Handle attribute(
      H5Aopen_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const Handle space(attribute < 0 ? -1 : H5Aget_space(attribute), H5Sclose);
  std::vector<std::int64_t> values(static_cast<std::size_t>(
      attribute < 0 ? 0 : std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space))));
  if (attribute < 0 || H5Aread(attribute, H5T_NATIVE_INT64, values.data()) < 0) {
    throw OutsideError(fmt::format("{}: no integer attribute {} on {}", path_, name, object));
  }
  return values;
}

ArrayWriter::ArrayWriter(const std::string& path) : path_(path) {
  start_hdf5();
  const Handle access = file_access();
  file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  check(file_, "create the file");
}

ArrayWriter::~ArrayWriter() {
  if (file_ >= 0) H5Fclose(file_);
}

void ArrayWriter::check(std::int64_t status, const std::string& doing) const {
  if (status < 0) throw OutsideError(fmt::format("{}: cannot {}: {}", path_, doing, reason()));
}

void ArrayWriter::create(const std::string& dataset, const Extents& shape, ArrayType stored,
                         const std::string& unit, const std::string& description) {
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation, 0);
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  const Handle space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                     H5Sclose);
  const ArrayTypeHandle type(stored);
  const Handle made(
      H5Dcreate2(file_, dataset.c_str(), type.id, space, links, creation, H5P_DEFAULT), H5Dclose);
  check(made, "create " + dataset);
  check(write_attribute(made, "unit", unit), "write an attribute");
  check(write_attribute(made, "description", description), "write an attribute");
}

void ArrayWriter::write_block(const std::string& name, ArrayType type, const Extents& start,
                              const Extents& count, std::uint64_t given, const void* values) {
  const Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose);
  check(dataset, "open " + name);
  const ArrayTypeHandle memory_type(type);
  const auto transfer = [&](hid_t memory, hid_t block) {
    return H5Dwrite(dataset, memory_type.id, memory, block, H5P_DEFAULT, values);
  };
  check(transfer_block(dataset, start, count, given, transfer), "write " + name);
}

void ArrayWriter::set_attribute(const std::string& object, const std::string& name,
                                const AttributeValue& value) {
  const Handle target(open_group(file_, object), H5Oclose);
  check(target, "open " + object);
  check(write_attribute(target, name, value), "write an attribute");
}

void ArrayWriter::set_integers(const std::string& object, const std::string& name,
                               std::span<const std::int64_t> values) {
  const Handle target(open_group(file_, object), H5Oclose);
  check(target, "open " + object);
  const hsize_t length = values.size();
  const Handle space(H5Screate_simple(1, &length, nullptr), H5Sclose);
  const Handle attribute(
      H5Acreate2(target, name.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check(attribute, "create an attribute");
  check(H5Awrite(attribute, H5T_NATIVE_INT64, values.data()), "write an attribute");
}

void ArrayWriter::close() {
  if (file_ < 0) return;
  check(H5Fflush(file_, H5F_SCOPE_LOCAL), "flush");
  check(H5Fclose(file_), "close the file");
  file_ = -1;
}

}  // namespace kvern
