// `kvern trace import | info | head | synthesize`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/import/import.h"

namespace kvern {

struct TraceRequest {
  std::string file;                   // a trace; for synthesize a scenario
  std::string format;                 // "": told from the content
  std::string out;                    // the trace file to write
  std::vector<std::string> settings;  // KEY=VALUE; for synthesize PATH=VALUE of the scenario
  bool skip_bad = false;
  std::uint64_t rows = 10;  // of head
};

// The file, format and options of the import. Empty, with issues, when a setting can't be read.
std::optional<ImportRequest> import_request(const TraceRequest& request, Issues& issues);

// The exit code. Throw OutsideError.
int trace_import_command(const TraceRequest& request);
int trace_info_command(const TraceRequest& request);
int trace_head_command(const TraceRequest& request);
int trace_synthesize_command(const TraceRequest& request);

}  // namespace kvern
