// Each request goes to the replica after the latest one, over all pools, passing over replicas that
// can't hold it.
#include <memory>

#include "policies/routing.h"

namespace kvern::routing::round_robin {

namespace {

class RoundRobin final : public Routing {
 public:
  ReplicaId route(const RequestView& request, const ClusterView& cluster, SimTime) override {
    while (true) {
      const ReplicaId replica{static_cast<std::uint16_t>(next_)};
      next_ = (next_ + 1) % cluster.replicas();
      if (cluster.can_hold(replica, request)) return replica;
    }
  }

 private:
  std::uint32_t next_ = 0;
};

}  // namespace

std::unique_ptr<Routing> make(Parameters&) { return std::make_unique<RoundRobin>(); }

}  // namespace kvern::routing::round_robin
