// Port: which replica? Asked by the router at each arrival. Answered in policies/routing.
#pragma once

#include <cstdint>

#include "sim/base/ids.h"
#include "sim/ports/request_view.h"

namespace kvern {

enum class Readiness : std::uint8_t {
  Starting,  // wakes; takes requests, and begins when it is awake
  Serving,
  Draining,  // takes no requests, serves those it has
  Asleep,    // takes requests, and wakes for them
  Down,      // takes none
};

// The cluster as a router sees it at `now`. Replicas are numbered over all pools, in file order.
class ClusterView {
 public:
  virtual ~ClusterView() = default;
  virtual std::uint32_t replicas() const = 0;
  virtual PoolId pool(ReplicaId replica) const = 0;
  virtual Readiness readiness(ReplicaId replica) const = 0;
  // False where the replica takes no requests, or its whole KV pool can't hold this one.
  virtual bool can_hold(ReplicaId replica, const RequestView& request) const = 0;
  virtual std::uint32_t in_flight(ReplicaId replica) const = 0;  // waiting and running requests
  virtual std::uint32_t in_flight_total() const = 0;
  // The replica with the fewest requests in flight, lowest id first, among those that can hold the
  // request; O(1) where all can.
  virtual ReplicaId least_loaded(const RequestView& request) const = 0;
};

class Routing {
 public:
  virtual ~Routing() = default;
  virtual void prepare(std::uint32_t /*replicas*/) {}
  // At least one replica can hold the request.
  virtual ReplicaId route(const RequestView& request, const ClusterView& cluster, SimTime now) = 0;
};

}  // namespace kvern
