// Port: is a request let in at all? Asked by the router at each arrival, before routing. Answered
// in policies/admission.
#pragma once

#include "sim/ports/routing.h"

namespace kvern {

class Admission {
 public:
  virtual ~Admission() = default;
  // False: the request is rejected, and counted.
  virtual bool admits(const RequestView& request, const ClusterView& cluster, SimTime now) = 0;
};

}  // namespace kvern
