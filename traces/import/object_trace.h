// Accesses to objects (oracleGeneral) as a cache-only replay needs them, straight from the file: 12
// bytes an access, beside the numbers of the objects while it reads. As a trace of requests the
// same accesses take several times that.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "traces/import/import.h"

namespace kvern {

struct ObjectTrace {
  std::vector<SimTime> arrival;       // since the first access; non-decreasing
  std::vector<std::uint32_t> object;  // dense, in first-seen order
  std::uint32_t objects = 0;
};

// Whether the file is there and of that format, as named or as its content tells.
bool is_object_trace(const ImportRequest& request);
// Empty, with issues, where rows are bad; warnings and notes may come with a trace too: those of
// read_trace(). Throws OutsideError when the file is damaged.
std::optional<ObjectTrace> read_object_trace(const ImportRequest& request, Issues& issues);

}  // namespace kvern
