// Nothing befalls anyone.
#include <memory>
#include <string>

#include "policies/incidents.h"

namespace kvern::incidents::none {

namespace {

class None final : public Incidents {
 public:
  std::string prepare(std::uint32_t /*replicas*/) override { return {}; }
  SimTime next_time() const override { return kNever; }
  Incident pop() override { return {}; }
};

}  // namespace

std::unique_ptr<Incidents> make(Parameters&) { return std::make_unique<None>(); }

}  // namespace kvern::incidents::none
