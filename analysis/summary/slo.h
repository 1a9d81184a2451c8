// The service-level objective of [slo], and whether a request met it.
#pragma once

#include <optional>

#include "sim/base/time.h"
#include "sim/records.h"

namespace kvern {

struct Slo {
  std::optional<SimTime> ttft_ns;  // arrival to first token
  std::optional<SimTime> tpot_ns;  // (finish - first token) / (output - 1)
  std::optional<SimTime> e2e_ns;   // arrival to last token

  bool any() const { return ttft_ns || tpot_ns || e2e_ns; }
  // A finished request within every limit given (a limit itself is met). No output token:
  // no ttft, one: no tpot, so any such limit is met. A request that was rejected, failed or is
  // still in flight meets none.
  bool met_by(const RequestRow& row) const;
};

}  // namespace kvern
