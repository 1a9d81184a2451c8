// `kvern trace synthesize`: what a generator would send, written down as a trace. Sessions become a
// closed trace: each turn waits for the one before it, its delay is the think time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/base/config/issues.h"
#include "sim/base/time.h"
#include "traces/generate/generated_arrivals.h"
#include "traces/replay/trace.h"

namespace kvern {

struct Synthesis {
  std::string name;      // of the trace
  std::uint64_t seed;    // of the generator, for the provenance
  std::string workload;  // its [workload], as TOML, likewise
  // No server answers here: a request counts as answered this long after it arrived, for each
  // output token. Only the recorded arrivals of later turns depend on it.
  SimTime token_ns = 0;
};

// Takes all that `arrivals` gives. Blocks are named where the generator names any: every full block
// of every prompt, private ones with an id of their own. Empty, with an issue, when the generator
// failed or gave nothing.
std::optional<Trace> synthesize(GeneratedArrivals& arrivals, const Synthesis& synthesis,
                                Issues& issues);

}  // namespace kvern
