// Port: when does the next request (or session) start? Asked by the workload generator. Answered in
// traces/arrivals, one file a process.
#pragma once

#include <string>

#include "sim/base/random.h"
#include "sim/base/time.h"

namespace kvern {

class ArrivalProcess {
 public:
  virtual ~ArrivalProcess() = default;
  // The next arrival, never before the one before it; the first comes a gap after time 0. kNever,
  // from then on, when there are no more (or, where starts wait for ends, none until one ends). All
  // draws come from `stream`, the process's own.
  virtual SimTime next(Stream& stream) = 0;
  // True: an arrival may wait for the end of an earlier one (a loop of users).
  virtual bool waits_for_ends() const { return false; }
  // One of those that began has ended at `now`: the request, or the last one of the session. `next`
  // was given out, but has not begun; answers what comes first now, in its place.
  virtual SimTime ended(SimTime /*now*/, SimTime next, Stream& /*stream*/) { return next; }
  // False: next() ends by itself.
  virtual bool endless() const { return true; }
  // As in Arrivals.
  virtual std::string failure() const { return {}; }
};

}  // namespace kvern
