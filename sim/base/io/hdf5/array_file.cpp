#include "sim/base/io/hdf5/array_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sim/base/io/hdf5/handle.h"
#include "sim/base/io/hdf5/seal.h"
#include "sim/base/outside_error.h"

namespace kvern {

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

std::uint64_t values_of(const Extents& count) {
  std::uint64_t size = 1;
  for (const std::uint64_t extent : count) size *= extent;
  return size;
}

// Reads or writes the block; negative when it does not fit the dataset or fails.
template <class Transfer>
herr_t transfer_block(hid_t dataset, const Extents& start, const Extents& count,
                      std::uint64_t values, Transfer transfer) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const int dimensions = H5Sget_simple_extent_ndims(space);
  if (dimensions < 0 || static_cast<std::size_t>(dimensions) != start.size() ||
      start.size() != count.size() || values_of(count) != values) {
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

ArrayReader::ArrayReader(const std::string& path, std::string_view kind, std::string_view again)
    : path_(path) {
  if (!kind.empty() && !sealed_kind(path).empty()) check_seal(path, kind, again);
  file_ = open_for_read(path);
}
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
  check_claim(dataset, path_, name);
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
  return attribute_exists(file_, object, name);
}

std::string ArrayReader::text_attribute(const std::string& object, const std::string& name) const {
  return read_text_attribute(file_, path_, object, name);
}

double ArrayReader::number_attribute(const std::string& object, const std::string& name) const {
  return read_number_attribute(file_, path_, object, name);
}

std::vector<std::int64_t> ArrayReader::integers_attribute(const std::string& object,
                                                          const std::string& name) const {
  return read_integers_attribute(file_, path_, object, name);
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

void ArrayWriter::close_sealed(std::string_view kind) {
  if (file_ < 0) return;
  close();
  seal_file(path_, kind);
}

}  // namespace kvern
