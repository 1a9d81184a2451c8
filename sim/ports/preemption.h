// Port: blocks are short; which running request stops, and how? Asked by a scheduler, through
// StepPlanner::give_way. Answered in policies/preemption.
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/ports/step_planner.h"

namespace kvern {

// What becomes of the blocks of who stops.
enum class PreemptBy : std::uint8_t {
  Recompute,  // freed; computed again later
  Swap,       // moved out, and back later
};

// Who is stopped if nobody asks.
enum class Victims : std::uint8_t {
  Engine,  // the scheduler's own choice, by recompute
  Newest,  // the latest one admitted, by recompute
  Asked,   // victim() and how() say
};

class Preemption {
 public:
  virtual ~Preemption() = default;
  virtual Victims victims() const { return Victims::Asked; }
  // One of the running requests. `own`: whom the engine would stop. A rule should rank by what does
  // not change while a request is served: two that overtake each other could stop each other for
  // ever.
  virtual Slot victim(const StepPlanner& replica, Slot own) = 0;
  // `recompute_ns`: time to compute its whole blocks again, 0 where that is not known; `swap_ns`:
  // to move `bytes` out and back, kNever where there is nowhere to go.
  virtual PreemptBy how(SimTime recompute_ns, SimTime swap_ns, std::uint64_t /*bytes*/) {
    return swap_ns < recompute_ns ? PreemptBy::Swap : PreemptBy::Recompute;
  }
};

}  // namespace kvern
