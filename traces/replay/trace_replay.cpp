#include "traces/replay/trace_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "traces/replay/closed_trace.h"
#include "traces/replay/open_trace.h"
#include "traces/replay/reblocking.h"
#include "traces/replay/replayed_rows.h"
#include "traces/replay/trace_file.h"
#include "traces/replay/turns.h"

namespace kvern {

namespace {

constexpr std::uint64_t kMostRowsInMemory = 2'000'000;

bool is_closed(const TraceReplay& replay, const TraceHeader& header) {
  return replay.loop == ReplayLoop::Closed || (replay.loop == ReplayLoop::AsTrace && header.closed);
}

bool has_waits(const Trace& trace) {
  return !trace.waits_on.empty() || !trace.session.empty() || !trace.parent.empty();
}

// What the trace can't do as asked, and what of it will not arrive.
bool suits(const TraceReplay& replay, const TraceHeader& header, SimTime last_arrival,
           std::optional<Reblocking>& blocks, Issues& issues) {
  if (replay.time_scale <= 0 || replay.time_scale > 1e9 ||
      TimeScale(replay.time_scale).of(last_arrival) == kNever) {
    issues.error(replay.where,
                 fmt::format("time_scale = {} takes arrivals out of range", replay.time_scale));
    return false;
  }
  if (replay.block_size == 0 || header.block_size == 0) return true;
  blocks = Reblocking::make(header, replay.block_size, replay.where, issues);
  return blocks.has_value();
}

void note_dropped(const TraceReplay& replay, std::uint64_t without_output, Issues& issues) {
  if (replay.zero_output != ZeroOutput::Drop || without_output == 0) return;
  issues.note({replay.trace.file, 0, 0},
              fmt::format("{} requests without output do not arrive", without_output),
              "zero_output = \"one\" or \"keep\" replays them");
}

// Requests among the first `rows` that produced nothing.
std::uint64_t without_output(const std::vector<std::uint32_t>& outputs, std::uint64_t rows) {
  const auto end = outputs.begin() + static_cast<std::ptrdiff_t>(rows);
  return static_cast<std::uint64_t>(std::count(outputs.begin(), end, 0U));
}

// Names for a trace that has none, where it (or the scenario) says how turns go on.
std::optional<ChainNames> chain_names(const TraceReplay& replay, const Trace& trace,
                                      Issues& issues) {
  const bool turns = !trace.session.empty() || !trace.parent.empty();
  if (replay.answers && !turns) {
    issues.error(
        replay.answers_where,
        "`answers` says what later turns find of an answer, and this "
        "trace has no turns",
        "leave `answers` out, or name the column of sessions: import = { session = \"...\" }");
    return std::nullopt;
  }
  if (replay.block_size == 0 || trace.header.block_size > 0 || !turns) return std::nullopt;
  if (!trace.header.chained && !replay.answers) return std::nullopt;
  const std::uint64_t rows =
      std::min<std::uint64_t>(trace.rows(), replay.requests.value_or(UINT32_MAX));
  std::vector<bool> found(rows);
  for (std::size_t row = 0; row < rows; ++row) found[row] = answer_is_found(replay, row);
  ChainNames names(trace, rows, rows_before(trace), found, replay.block_size);
  if (names.exhausted()) {
    issues.error(replay.where, "the turns of this trace have more than 2^32 blocks",
                 "take larger blocks, or fewer requests");
    return std::nullopt;
  }
  return names;
}

std::unique_ptr<Arrivals> stream(std::unique_ptr<TraceFile> file, const TraceReplay& replay,
                                 Issues& issues) {
  Trace last;
  file->load(file->rows() - 1, 1, last);
  std::optional<Reblocking> blocks;
  if (!suits(replay, file->header(), last.arrival_ns[0], blocks, issues)) return nullptr;
  note_dropped(replay, file->without_output(replay.requests.value_or(UINT32_MAX)), issues);
  return std::make_unique<OpenTrace>(ReplayedRows(std::move(file), replay, std::move(blocks)));
}

}  // namespace

std::unique_ptr<Arrivals> replay_trace(const TraceReplay& replay, Issues& issues) {
  if (is_ours(replay.trace)) {
    auto file = std::make_unique<TraceFile>(replay.trace.file);
    const bool needs_all = is_closed(replay, file->header()) || file->header().chained ||
                           replay.answers || file->names_answers();
    if (file->rows() > kMostRowsInMemory && !needs_all) {
      return stream(std::move(file), replay, issues);
    }
  }
  std::optional<Trace> trace = read_trace(replay.trace, issues);
  if (!trace) return nullptr;
  std::optional<Reblocking> blocks;
  if (!suits(replay, trace->header, trace->arrival_ns.back(), blocks, issues)) return nullptr;
  const bool closed = is_closed(replay, trace->header);
  if (closed && !has_waits(*trace)) {
    issues.error(replay.where, "loop = \"closed\", but nothing in this trace waits for an answer",
                 "it needs sessions or waits; of a CSV: import = { session = \"its column\" }");
    return nullptr;
  }
  // A file of an earlier version does not say.
  if (trace->answers.rows() == 0) name_answers(*trace);
  if (blocks && blocks->needs_partial_blocks()) blocks->learn_partial_blocks(*trace);
  std::optional<ChainNames> chain = chain_names(replay, *trace, issues);
  if (issues.any_error()) return nullptr;
  ReplayedRows rows(std::move(*trace), replay, std::move(blocks), std::move(chain));
  note_dropped(replay, without_output(rows.whole().output_tokens, rows.size()), issues);
  if (closed) return std::make_unique<ClosedTrace>(std::move(rows));
  return std::make_unique<OpenTrace>(std::move(rows));
}

}  // namespace kvern
