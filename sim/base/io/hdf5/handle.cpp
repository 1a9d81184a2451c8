#include "sim/base/io/hdf5/handle.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "sim/base/outside_error.h"

namespace kvern {

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

const char* column_type_name(ColumnType type) { return type_row(type).name; }

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

hid_t open_for_read(const std::string& path) {
  start_hdf5();
  const Handle access = file_access();
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  if (file < 0) throw OutsideError(fmt::format("{}: cannot open: {}", path, reason()));
  return file;
}

bool link_exists(hid_t file, const std::string& object) {
  if (object == "/") return true;
  // Each link on the way must exist before the next may be asked for.
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    if (H5Lexists(file, object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

hid_t open_group(hid_t file, const std::string& name) {
  if (name == "/" || H5Lexists(file, name.c_str(), H5P_DEFAULT) > 0) {
    return H5Oopen(file, name.c_str(), H5P_DEFAULT);
  }
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  return H5Gcreate2(file, name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT);
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

namespace {

hid_t open_attribute(hid_t file, const std::string& object, const std::string& name) {
  return H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
}

hssize_t attribute_values(hid_t attribute) {
  const Handle space(H5Aget_space(attribute), H5Sclose);
  return H5Sget_simple_extent_npoints(space);
}

bool is_number(hid_t attribute) {
  const Handle stored(H5Aget_type(attribute), H5Tclose);
  const H5T_class_t kind = H5Tget_class(stored);
  return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

}  // namespace

bool attribute_exists(hid_t file, const std::string& object, const std::string& name) {
  return link_exists(file, object) &&
         H5Aexists_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string read_text_attribute(hid_t file, const std::string& path, const std::string& object,
                                const std::string& name) {
  const auto refuse = [&] {
    return OutsideError(fmt::format("{}: no text attribute {} on {}", path, name, object));
  };
  const Handle attribute(open_attribute(file, object, name), H5Aclose);
  if (attribute < 0) throw refuse();
  const Handle stored(H5Aget_type(attribute), H5Tclose);
  if (H5Tget_class(stored) != H5T_STRING || attribute_values(attribute) != 1) throw refuse();
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

double read_number_attribute(hid_t file, const std::string& path, const std::string& object,
                             const std::string& name) {
  const Handle attribute(open_attribute(file, object, name), H5Aclose);
  double value = 0;
  if (attribute < 0 || !is_number(attribute) || attribute_values(attribute) != 1 ||
      H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) {
    throw OutsideError(fmt::format("{}: no number attribute {} on {}", path, name, object));
  }
  return value;
}

std::vector<std::int64_t> read_integers_attribute(hid_t file, const std::string& path,
                                                  const std::string& object,
                                                  const std::string& name) {
  const Handle attribute(open_attribute(file, object, name), H5Aclose);
  std::vector<std::int64_t> values(static_cast<std::size_t>(
      attribute < 0 ? 0 : std::max<hssize_t>(0, attribute_values(attribute))));
  if (attribute < 0 || !is_number(attribute) ||
      H5Aread(attribute, H5T_NATIVE_INT64, values.data()) < 0) {
    throw OutsideError(fmt::format("{}: no integer attribute {} on {}", path, name, object));
  }
  return values;
}

void check_claim(hid_t dataset, const std::string& path, const std::string& name) {
  constexpr std::uint64_t kSmall = 1 << 24;    // not worth a word
  constexpr std::uint64_t kMostPacked = 1100;  // deflate packs 1,032 equal bytes into one
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const hssize_t values = H5Sget_simple_extent_npoints(space);
  std::error_code unknown;
  const std::uintmax_t stored = std::filesystem::file_size(path, unknown);
  const double claimed =
      static_cast<double>(std::max<hssize_t>(0, values)) * static_cast<double>(H5Tget_size(type));
  if (claimed <= static_cast<double>(kSmall) || unknown) return;
  if (claimed <= static_cast<double>(stored) * static_cast<double>(kMostPacked)) return;
  throw OutsideError(fmt::format("{}: {} claims {:.3g} bytes, more than a file of {} bytes holds",
                                 path, name, claimed, stored));
}

}  // namespace kvern
