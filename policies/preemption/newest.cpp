// The request that was admitted last stops, whoever the scheduler would stop.
#include <memory>

#include "policies/preemption.h"

namespace kvern::preemption::newest {

namespace {

class Newest final : public Preemption {
 public:
  Victims victims() const override { return Victims::Newest; }
  Slot victim(const StepPlanner& replica, Slot) override { return replica.last_running(); }
};

}  // namespace

std::unique_ptr<Preemption> make(Parameters&) { return std::make_unique<Newest>(); }

}  // namespace kvern::preemption::newest
