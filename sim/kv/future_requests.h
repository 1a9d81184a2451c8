// Which requests ask for which blocks, in trace order: the future that clairvoyant eviction
// policies of a serving run look into. Held in memory, 8 bytes a block of each prompt.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/ports/arrivals.h"
#include "sim/ports/oracle.h"

namespace kvern {

class FutureRequests {
 public:
  // Takes `arrivals` up to `stop`; they must not wait for answers. Where reading breaks off the
  // future ends: the run itself will say so.
  FutureRequests(Arrivals& arrivals, SimTime stop);

  // The first request after `request` that asks for the block; kNoNextUse when there is none.
  std::uint64_t next_use(std::uint64_t content, std::uint64_t request) const;

 private:
  std::vector<std::uint64_t> uses_;  // content, then request; sorted
};

// The future as one replica sees it. The present is the latest request that began there, so what
// its queue still waits for counts as to come; what another replica will serve counts too.
class RequestOracle final : public Oracle {
 public:
  explicit RequestOracle(const FutureRequests& future) : future_(future) {}
  void serve(RequestId request) { position_ = std::max<std::uint64_t>(position_, index(request)); }
  std::uint64_t next_use(std::uint64_t content) const override {
    return future_.next_use(content, position_);
  }
  std::uint64_t position() const override { return position_; }

 private:
  const FutureRequests& future_;
  std::uint64_t position_ = 0;
};

}  // namespace kvern
