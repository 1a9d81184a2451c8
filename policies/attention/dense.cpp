// Every head attends as the token policy has it: what each other controller is measured against.
#include "policies/attention.h"

namespace kvern::attention::dense {

namespace {

class Dense final : public AttentionControl {
 public:
  bool acts(const ControlledHead&) const override { return false; }
  void narrow(const ControlledHead&, std::span<const std::uint32_t>,
              std::vector<std::uint32_t>&) const override {}
};

}  // namespace

std::unique_ptr<AttentionControl> make(Parameters&) { return std::make_unique<Dense>(); }

}  // namespace kvern::attention::dense
