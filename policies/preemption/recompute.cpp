// The engine's own rule: its scheduler says who stops, and the victim's tokens are computed again.
#include <memory>

#include "policies/preemption.h"

namespace kvern::preemption::recompute {

namespace {

class Recompute final : public Preemption {
 public:
  Victims victims() const override { return Victims::Engine; }
  Slot victim(const StepPlanner&, Slot own) override { return own; }
};

}  // namespace

std::unique_ptr<Preemption> make(Parameters&) { return std::make_unique<Recompute>(); }

}  // namespace kvern::preemption::recompute
