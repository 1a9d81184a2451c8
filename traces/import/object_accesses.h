// Accesses to objects as a trace of requests: each is a request of one block of one token, so that
// traces of other caches can be replayed. Every object counts as one block, whatever its size.
#pragma once

#include <array>
#include <cstdint>

#include "sim/base/time.h"
#include "traces/import/trace_builder.h"

namespace kvern {

class ObjectAccesses {
 public:
  explicit ObjectAccesses(TraceBuilder& trace) : trace_(trace) {
    trace.header.block_size = 1;
    trace.header.block_rule = BlockRule::Floor;
  }

  // The next access of the file. One that is earlier than the one before it is a bad row: sorting
  // would change the order of accesses.
  void add(SimTime time, std::uint32_t object, std::int64_t bytes) {
    if (time < before_) {
      trace_.row_log().bad("time", {}, "earlier than the access before it");
      return;
    }
    before_ = time;
    if (bytes_ >= 0 && bytes != bytes_) {
      trace_.row_log().note("object sizes differ: each object counts as one block");
    }
    bytes_ = bytes;
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
