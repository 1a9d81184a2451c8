// Every request is let in.
#include <memory>

#include "policies/admission.h"

namespace kvern::admission::always {

namespace {

class Always final : public Admission {
 public:
  bool admits(const RequestView&, const ClusterView&, SimTime) override { return true; }
};

}  // namespace

std::unique_ptr<Admission> make(Parameters&) { return std::make_unique<Always>(); }

}  // namespace kvern::admission::always
