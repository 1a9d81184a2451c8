// Arrays of any number of dimensions in an HDF5 file: recordings of attention, model weights. For
// tables of columns see table_file.h.
//
// Files may come from any tool: numbers of every width, in chunks or compressed, text attributes of
// fixed or variable length. Everything throws OutsideError, naming file and object.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sim/base/io/hdf5/table_file.h"

namespace kvern {

// What a number is stored as; F16 is IEEE half precision.
enum class ArrayType : std::uint8_t { U8, I32, I64, F16, F32, F64 };

// The stored type of T in memory: u8, i32, i64, float or double.
template <class T>
constexpr ArrayType array_type() {
  static_assert(std::is_arithmetic_v<T>);
  if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? ArrayType::F32 : ArrayType::F64;
  } else {
    return sizeof(T) == 1 ? ArrayType::U8 : sizeof(T) == 4 ? ArrayType::I32 : ArrayType::I64;
  }
}

// Index or extent per dimension, slowest first.
using Extents = std::vector<std::uint64_t>;

class ArrayReader {
 public:
  // A file with a seal (seal.h) must be of that kind and unchanged, or OutsideError says so; one of
  // another tool has none. Without a kind nothing is asked.
  explicit ArrayReader(const std::string& path, std::string_view kind = {},
                       std::string_view again = {});
  ~ArrayReader();
  ArrayReader(const ArrayReader&) = delete;
  ArrayReader& operator=(const ArrayReader&) = delete;

  bool has(const std::string& object) const;
  // Names in a group, sorted as text.
  std::vector<std::string> members(const std::string& group) const;
  Extents shape(const std::string& dataset) const;
  // Bytes of one stored number.
  std::uint64_t stored_size(const std::string& dataset) const;

  // The block of `count` from `start` on, last index fastest; `into` has exactly that many. Stored
  // numbers of any type are converted.
  template <class T>
  void read(const std::string& dataset, const Extents& start, const Extents& count,
            std::span<T> into) const {
    read_block(dataset, array_type<T>(), start, count, into.size(), into.data());
  }
  template <class T>
  std::vector<T> read_all(const std::string& dataset) const {
    const Extents count = shape(dataset);
    std::uint64_t size = 1;
    for (const std::uint64_t extent : count) size *= extent;
    std::vector<T> values(size);
    read<T>(dataset, Extents(count.size(), 0), count, values);
    return values;
  }

  bool has_attribute(const std::string& object, const std::string& name) const;
  std::string text_attribute(const std::string& object, const std::string& name) const;
  double number_attribute(const std::string& object, const std::string& name) const;
  // One number or many.
  std::vector<std::int64_t> integers_attribute(const std::string& object,
                                               const std::string& name) const;

  const std::string& path() const { return path_; }

 private:
  void read_block(const std::string& dataset, ArrayType type, const Extents& start,
                  const Extents& count, std::uint64_t room, void* into) const;

  std::string path_;
  std::int64_t file_ = -1;
};

// A file being written: arrays of fixed shape, filled block by block.
class ArrayWriter {
 public:
  explicit ArrayWriter(const std::string& path);  // creates, or replaces
  ~ArrayWriter();                                 // without close(): what is there is not promised
  ArrayWriter(const ArrayWriter&) = delete;
  ArrayWriter& operator=(const ArrayWriter&) = delete;

  // Groups on the way are made.
  void create(const std::string& dataset, const Extents& shape, ArrayType stored,
              const std::string& unit, const std::string& description);
  template <class T>
  void write(const std::string& dataset, const Extents& start, const Extents& count,
             std::span<const T> values) {
    write_block(dataset, array_type<T>(), start, count, values.size(), values.data());
  }
  template <class T>
  void write_all(const std::string& dataset, const Extents& shape, std::span<const T> values) {
    write<T>(dataset, Extents(shape.size(), 0), shape, values);
  }
  // On a group or dataset, or on a new group; replaces one of that name.
  void set_attribute(const std::string& object, const std::string& name,
                     const AttributeValue& value);
  void set_integers(const std::string& object, const std::string& name,
                    std::span<const std::int64_t> values);
  void close();
  // close(), and the seal of a file that Kvern reads back (seal.h).
  void close_sealed(std::string_view kind);

 private:
  void write_block(const std::string& dataset, ArrayType type, const Extents& start,
                   const Extents& count, std::uint64_t given, const void* values);
  void check(std::int64_t status, const std::string& doing) const;

  std::string path_;
  std::int64_t file_ = -1;
};

}  // namespace kvern
