// The replica with the fewest requests in flight (waiting or running), lowest id first, over all
// pools, among those that can hold the request.
#include <memory>

#include "policies/routing.h"

namespace kvern::routing::least_loaded {

namespace {

class LeastLoaded final : public Routing {
 public:
  ReplicaId route(const RequestView& request, const ClusterView& cluster, SimTime) override {
    return cluster.least_loaded(request);
  }
};

}  // namespace

std::unique_ptr<Routing> make(Parameters&) { return std::make_unique<LeastLoaded>(); }

}  // namespace kvern::routing::least_loaded
