#include "sim/kv/future_requests.h"

namespace kvern {

FutureRequests::FutureRequests(Arrivals& arrivals, SimTime stop) {
  Arrival arrival;
  while (arrivals.next_time() != kNever && arrivals.next_time() <= stop) {
    arrivals.pop(arrival);
    for (const std::uint32_t content : arrival.blocks) {
      uses_.push_back(std::uint64_t{content} << 32 | index(arrival.id));
    }
  }
  std::sort(uses_.begin(), uses_.end());
}

std::uint64_t FutureRequests::next_use(std::uint64_t content, std::uint64_t request) const {
  // Blocks of one request alone have names beyond those of the trace.
  if (content > UINT32_MAX) return kNoNextUse;
  const auto next = std::upper_bound(uses_.begin(), uses_.end(), content << 32 | request);
  if (next == uses_.end() || *next >> 32 != content) return kNoNextUse;
  return *next & UINT32_MAX;
}

}  // namespace kvern
