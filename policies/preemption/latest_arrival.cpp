// The request that arrived last stops: who was stopped once and has come back is not the next
// victim again, as it is where the latest admission decides. vLLM's rule among requests of one
// priority.
#include <memory>

#include "policies/preemption.h"

namespace kvern::preemption::latest_arrival {

namespace {

class LatestArrival final : public Preemption {
 public:
  Slot victim(const StepPlanner& replica, Slot) override {
    Slot latest = replica.first_running();
    RequestView its = replica.request(latest);
    for (Slot slot = replica.next_running(latest); slot != kNoSlot;
         slot = replica.next_running(slot)) {
      const RequestView other = replica.request(slot);
      const bool later =
          other.arrival != its.arrival ? other.arrival > its.arrival : other.id > its.id;
      if (later) latest = slot, its = other;
    }
    return latest;
  }
};

}  // namespace

std::unique_ptr<Preemption> make(Parameters&) { return std::make_unique<LatestArrival>(); }

}  // namespace kvern::preemption::latest_arrival
