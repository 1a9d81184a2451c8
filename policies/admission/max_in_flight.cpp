// A limit on the requests in the cluster: beyond it a newcomer is rejected.
#include <memory>

#include "policies/admission.h"

namespace kvern::admission::max_in_flight {

namespace {

class MaxInFlight final : public Admission {
 public:
  explicit MaxInFlight(Parameters& p)
      : per_replica_(p.require<std::uint32_t>(
            "per_replica", "most waiting and running requests a replica", {1, 4294967295.0})) {}
  bool admits(const RequestView&, const ClusterView& cluster, SimTime) override {
    return cluster.in_flight_total() < std::uint64_t{per_replica_} * cluster.replicas();
  }

 private:
  std::uint32_t per_replica_;
};

}  // namespace

std::unique_ptr<Admission> make(Parameters& p) { return std::make_unique<MaxInFlight>(p); }

}  // namespace kvern::admission::max_in_flight
