// A trace in any format as the accesses of a cache-only replay.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/cache/cache_trace.h"
#include "traces/import/import.h"

namespace kvern {

// Reads the trace whole. `block_size` 0 = the trace's own, else re-blocked to it. Empty, with
// issues, when it can't be read, names no blocks, or can't be re-blocked. Throws OutsideError.
std::optional<CacheTrace> read_cache_trace(const ImportRequest& request, std::uint32_t block_size,
                                           Issues& issues);

}  // namespace kvern
