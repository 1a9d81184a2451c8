// Rows of a trace as arrivals, from memory or from windows of its file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/ports/arrivals.h"
#include "traces/replay/chain_names.h"
#include "traces/replay/reblocking.h"
#include "traces/replay/time_scale.h"
#include "traces/replay/trace_file.h"
#include "traces/replay/trace_replay.h"

namespace kvern {

// Whether the answer to that row is found again: a draw of its own, so that a larger share finds
// all that a smaller one does.
bool answer_is_found(const TraceReplay& replay, std::uint64_t row);

class ReplayedRows {
 public:
  // `blocks` empty: requests carry none, or those of `chain`.
  ReplayedRows(Trace whole, const TraceReplay& replay, std::optional<Reblocking> blocks,
               std::optional<ChainNames> chain = {});
  // Streams: rows must be asked for in ascending order.
  ReplayedRows(std::unique_ptr<TraceFile> file, const TraceReplay& replay,
               std::optional<Reblocking> blocks);

  // Rows to replay: the first ones of the trace.
  std::uint64_t size() const { return rows_; }
  std::uint32_t block_size() const { return blocks_ || chain_ ? replay_.block_size : 0; }
  // These throw OutsideError when a window can't be read.
  SimTime time(std::uint64_t row) { return scale_.of(window_.arrival_ns[at(row)]); }
  bool dropped(std::uint64_t row) {
    return replay_.zero_output == ZeroOutput::Drop && window_.output_tokens[at(row)] == 0;
  }
  // The row, arriving at `time`; blocks stay valid until the next call.
  void fill(std::uint64_t row, SimTime time, Arrival& arrival);
  // The columns, when everything is in memory.
  const Trace& whole() const { return window_; }

 private:
  // Loads the window that holds `row`; where in it.
  std::size_t at(std::uint64_t row) {
    if (row - first_ >= window_.rows()) load(row);
    return row - first_;
  }
  void load(std::uint64_t row);

  std::unique_ptr<TraceFile> file_;  // null: everything is in window_
  Trace window_;
  std::uint64_t first_ = 0;  // row of the window's first
  std::uint64_t rows_;
  TraceReplay replay_;
  TimeScale scale_;
  std::optional<Reblocking> blocks_;
  std::optional<ChainNames> chain_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::uint32_t> answer_;
};

}  // namespace kvern
