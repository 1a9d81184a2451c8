// Behind `kvern trace import | info | head`, and what a replay reads: any format into a lawful
// trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/base/config/issues.h"
#include "traces/import/importers.h"
#include "traces/replay/trace.h"

namespace kvern {

struct ImportRequest {
  std::string file;
  std::string format;  // a name of trace_formats(), "kvern", or "" = told from the content
  ImportOptions options;
  // Bad rows go here and the others are imported; "" = bad rows are errors.
  std::string bad_rows_file;
};

// Whether the file is there and is to be read as Kvern's own trace file.
bool is_ours(const ImportRequest& request);
// Reads a whole trace. Empty, with issues, when the file is missing, its format unknown or its rows
// unlawful; warnings and notes may come with a trace too. Throws OutsideError when it is damaged.
std::optional<Trace> read_trace(const ImportRequest& request, Issues& issues);

// Imports into the trace file `out`; answers the statistics, as text for people.
std::optional<std::string> import_trace(const ImportRequest& request, const std::string& out,
                                        Issues& issues);
// Statistics, header and provenance of a trace in any format.
std::optional<std::string> trace_info(const ImportRequest& request, Issues& issues);
// The first `count` requests as CSV with a header line.
std::optional<std::string> trace_head(const ImportRequest& request, std::uint64_t count,
                                      Issues& issues);

}  // namespace kvern
