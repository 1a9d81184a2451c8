// HDF5 as the files of this folder use it: ids that close themselves, attributes, and reasons in
// words. Included here only; nothing outside this folder sees HDF5.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/io/hdf5/table_file.h"

namespace kvern {

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

struct TypeRow {
  const char* name;
  hid_t stored;  // little-endian
  std::size_t size;
};
TypeRow type_row(ColumnType type);

// To be called before anything else of HDF5.
void start_hdf5();
// Why the last call failed.
std::string reason();

Handle text_type();
Handle file_access();
// Throws OutsideError.
hid_t open_for_read(const std::string& path);
// Each link on the way is there.
bool link_exists(hid_t file, const std::string& object);
// The group of that name, made where it is not there; negative when that fails.
hid_t open_group(hid_t file, const std::string& name);

// Negative when that fails; replaces an attribute of that name.
herr_t write_attribute(hid_t object, const std::string& name, const AttributeValue& value);

// Attributes of any file, whoever wrote it: text of fixed or variable length, numbers of any width.
// Each throws OutsideError, naming file and object, where there is no such attribute or its type is
// another.
bool attribute_exists(hid_t file, const std::string& object, const std::string& name);
std::string read_text_attribute(hid_t file, const std::string& path, const std::string& object,
                                const std::string& name);
double read_number_attribute(hid_t file, const std::string& path, const std::string& object,
                             const std::string& name);
std::vector<std::int64_t> read_integers_attribute(hid_t file, const std::string& path,
                                                  const std::string& object,
                                                  const std::string& name);

// Throws OutsideError where a dataset claims more content than a file of that size can hold: 4 KB
// on disk must not ask for gigabytes of memory.
void check_claim(hid_t dataset, const std::string& path, const std::string& name);

}  // namespace kvern
