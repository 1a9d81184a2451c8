// The laws of trace.h, held against what a trace file says: a row that breaks one would crash or
// mislead a replay much later. Each throws OutsideError, naming file and row.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "traces/replay/trace.h"

namespace kvern {

// Offsets of a ragged column never fall.
void check_offsets(std::span<const std::uint64_t> offsets, const std::string& file,
                   const std::string& column);
void check_ids(std::span<const std::uint32_t> ids, std::uint32_t distinct, const std::string& file);
// All columns of a window whose first row has the number `first`.
void check_rows(const Trace& window, std::uint64_t first, const std::string& file);

}  // namespace kvern
