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
  // from then on, when there are no more. All draws come from `stream`, the process's own.
  virtual SimTime next(Stream& stream) = 0;
  // False: next() ends by itself.
  virtual bool endless() const { return true; }
  // As in Arrivals.
  virtual std::string failure() const { return {}; }
};

}  // namespace kvern
