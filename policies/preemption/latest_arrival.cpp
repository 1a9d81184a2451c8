// The request that arrived last stops: who was stopped once and has come back is not the next
// victim again, as it is where the latest admission decides. vLLM's rule among requests of one
// priority.
#include <memory>
#include <tuple>

#include "policies/parts/requests/highest_ranked.h"
#include "policies/preemption.h"

namespace kvern::preemption::latest_arrival {

namespace {

class LatestArrival final : public Preemption {
 public:
  Slot victim(const StepPlanner& replica, Slot) override {
    return highest_ranked(replica, [](const RequestView& request) {
      return std::tuple(request.arrival, request.id);
    });
  }
};

}  // namespace

std::unique_ptr<Preemption> make(Parameters&) { return std::make_unique<LatestArrival>(); }

}  // namespace kvern::preemption::latest_arrival
