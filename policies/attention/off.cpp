// The named heads attend to nothing: their output columns are zero, as in head ablation (Michel et
// al., arXiv 1905.10650). Under grouped queries a KV head's tokens are still read for the other
// query heads of its group; only a whole group that is off saves bytes.
#include "policies/attention.h"
#include "policies/parts/heads/head_list.h"

namespace kvern::attention::off {

namespace {

class Off final : public AttentionControl {
 public:
  explicit Off(Parameters& p) : heads_(p, true) {}

  std::string refusal(const ControlledShape& shape) const override { return heads_.refusal(shape); }
  bool acts(const ControlledHead& head) const override {
    return heads_.contains(head.layer, head.query_head);
  }
  void narrow(const ControlledHead&, std::span<const std::uint32_t>,
              std::vector<std::uint32_t>& slots) const override {
    slots.clear();
  }

 private:
  HeadList heads_;
};

}  // namespace

std::unique_ptr<AttentionControl> make(Parameters& p) { return std::make_unique<Off>(p); }

}  // namespace kvern::attention::off
