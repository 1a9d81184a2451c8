// Kvern's own trace file: one trace as HDF5 ("kvern.trace" version 1), written whole, read by
// windows. Columns that do not apply are absent. Equal traces make equal files. It is sealed
// (sim/base/io/hdf5/seal.h) and checked on opening: one without a seal is refused, to be imported
// again from its source.
//
// content_sha256 (group /provenance) runs over the columns present, little-endian raw values (of a
// dictionary: its texts, each with a zero byte), in this order: /requests arrival_ns,
// prompt_tokens, output_tokens, session, turn, tenant, language, category, parent, delay_ns,
// source_row; /waits offset, on; /blocks offset, id; /answers offset, id; /dictionary tenant,
// language, category.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/io/hdf5/table_file.h"
#include "traces/replay/trace.h"

namespace kvern {

// Fills trace.provenance.content_sha256 and writes the file beside `path`, which then replaces it.
// Throws OutsideError.
void write_trace(const std::string& path, Trace& trace);

class TraceFile {
 public:
  // Throws OutsideError when the file is no trace, changed since it was written, or of a later
  // version.
  explicit TraceFile(const std::string& path);

  const TraceHeader& header() const { return frame_.header; }
  const Provenance& provenance() const { return frame_.provenance; }
  std::uint64_t rows() const { return rows_; }
  // Among the first `rows` requests. Throws OutsideError.
  std::uint64_t without_output(std::uint64_t rows);

  // Whether the blocks of any answer are named.
  bool names_answers() const { return reader_.has("/answers/offset"); }

  // Rows [first, first + count) and no others; waits_offset then counts from 0. Throws OutsideError
  // where a row breaks a law of trace.h.
  void load(std::uint64_t first, std::uint64_t count, Trace& window);

 private:
  template <class T>
  void load_column(const char* name, std::uint64_t first, std::uint64_t count,
                   std::vector<T>& into);
  void load_ids(const std::string& group, std::uint64_t first, std::uint64_t count,
                PackedIds& into);

  TableReader reader_;
  Trace frame_;  // header, provenance and dictionaries; no rows
  std::uint64_t rows_ = 0;
};

}  // namespace kvern
