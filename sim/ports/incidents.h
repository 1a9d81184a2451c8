// Port: what befalls the replicas, and when? Asked by the cluster. Answered in policies/incidents.
//
//   Fail    from its next step end on (at once when idle) the replica is down: all its requests
//           fail, what its GPU memory cached is lost, and nobody is sent to it. Its boards go on
//           drawing what idle ones draw.
//   Drain   nobody is sent to it any more; those who are there are served to their end.
//   Return  it takes requests again: after a failure with an empty cache, else with what it has.
//
// A replica that is down stays so whatever is drained; one that serves is not changed by a return.
#pragma once

#include <cstdint>
#include <string>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace kvern {

enum class IncidentKind : std::uint8_t { Fail, Drain, Return };

struct Incident {
  SimTime time = 0;
  IncidentKind kind = IncidentKind::Fail;
  ReplicaId replica{};
};

class Incidents {
 public:
  virtual ~Incidents() = default;
  // Once. A reason why it can't be had with so many replicas, or "".
  virtual std::string prepare(std::uint32_t replicas) = 0;
  // Time of the next one, never falling; kNever: there is none. A run does not wait for it: where
  // nothing else is to come, the run is over.
  virtual SimTime next_time() const = 0;
  // That one. Of several at an instant the order is the policy's.
  virtual Incident pop() = 0;
};

}  // namespace kvern
