// Replays a trace: the keys of [workload] with `trace`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sim/base/config/issues.h"
#include "sim/ports/arrivals.h"
#include "traces/generate/distribution.h"
#include "traces/import/import.h"

namespace kvern {

enum class ReplayLoop : std::uint8_t {
  AsTrace,  // what the trace's header says
  Open,     // recorded arrivals are obeyed, waits ignored
  Closed,   // a request with waits comes its delay after the last of them has finished
};

// What becomes of requests that produced nothing.
enum class ZeroOutput : std::uint8_t {
  Drop,  // never arrive; in a closed loop they count as finished when they would have arrived
  One,   // one token
  Keep,  // none: the server sees a request that ends with its prompt
};

struct TraceReplay {
  ImportRequest trace;  // any format
  ReplayLoop loop = ReplayLoop::AsTrace;
  ZeroOutput zero_output = ZeroOutput::Drop;
  // Declared by every request, and cuts its output as a server does; absent: its true output.
  std::optional<std::uint32_t> max_tokens;
  double time_scale = 1;                  // recorded arrivals x this, to the nearest ns; > 0
  std::optional<std::uint32_t> requests;  // the first rows only
  // Share of the answers that the next turn finds in the cache; absent: all of those that the trace
  // says it holds. Given for a trace without block names, it also says that a turn begins with the
  // whole turn before it wherever its prompt is long enough.
  std::optional<double> answers;
  Location answers_where;
  std::optional<Distribution> patience_ns;  // until the client leaves; absent: it never does
  bool hangs_up = true;                     // and then tells the server
  std::uint64_t seed = 1;                   // of the scenario, for both choices
  std::uint32_t block_size = 0;             // the pool's; 0: requests carry no blocks
  Location where;                           // for what can't be done together
};

// Ids are rows of the trace (those left out leave gaps). Traces of other formats, small ones and
// closed loops are held in memory; large open ones stream from their file. Null with issues; throws
// OutsideError when a file is damaged; when that shows up later, failure() says so.
std::unique_ptr<Arrivals> replay_trace(const TraceReplay& replay, Issues& issues);

}  // namespace kvern
