// Accesses to objects as a trace of requests: each is a request of one block of one token, so that
// traces of other caches can be replayed. Every object counts as one block, whatever its size.
#pragma once

#include <array>
#include <cstdint>

#include "sim/base/time.h"
#include "traces/import/trace_builder.h"

namespace kvern {

// Whether an access follows the one before it. One that is earlier is a bad row: sorting would
// change the order of accesses.
inline bool follows(RowLog& log, SimTime& before, SimTime time) {
  if (time < before) {
    log.bad("time", {}, "earlier than the access before it");
    return false;
  }
  before = time;
  return true;
}
inline void note_sizes(RowLog& log, std::int64_t& before, std::int64_t bytes) {
  if (before >= 0 && bytes != before) {
    log.note("object sizes differ: each object counts as one block");
  }
  before = bytes;
}

class ObjectAccesses {
 public:
  explicit ObjectAccesses(TraceBuilder& trace) : trace_(trace) {
    trace.header.block_size = 1;
    trace.header.block_rule = BlockRule::Floor;
  }

  // The next access of the file.
  void add(SimTime time, std::uint32_t object, std::int64_t bytes) {
    if (!follows(trace_.row_log(), before_, time)) return;
    note_sizes(trace_.row_log(), bytes_, bytes);
    TraceRow row;
    row.arrival_ns = time;
    row.prompt_tokens = 1;
    const std::array<std::uint32_t, 1> blocks{object};
    row.blocks = blocks;
    trace_.add(row);
  }

 private:
  TraceBuilder& trace_;
  SimTime before_ = 0;
  std::int64_t bytes_ = -1;
};

}  // namespace kvern
