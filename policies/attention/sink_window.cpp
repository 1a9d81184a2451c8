// The named heads (absent: all) see the first tokens and the most recent ones, whatever their cache
// holds: the streaming heads of DuoAttention (Xiao et al., arXiv 2410.10819) as a mode of reading,
// by query head. Nothing is evicted, and positions stay.
#include "policies/attention.h"
#include "policies/parts/heads/head_list.h"

namespace kvern::attention::sink_window {

namespace {

class SinkWindow final : public AttentionControl {
 public:
  explicit SinkWindow(Parameters& p)
      : sinks_(p.get<std::uint32_t>("sinks", 4, "first positions that are seen")),
        window_(p.get<std::uint32_t>("window", 256, "last positions, the new token among them",
                                     {1, 1e9})),
        heads_(p, false) {}

  std::string refusal(const ControlledShape& shape) const override { return heads_.refusal(shape); }
  bool acts(const ControlledHead& head) const override {
    return head.position >= std::uint64_t{sinks_} + window_ &&
           heads_.contains(head.layer, head.query_head);
  }
  void narrow(const ControlledHead& head, std::span<const std::uint32_t> kept,
              std::vector<std::uint32_t>& slots) const override {
    std::erase_if(slots, [&](std::uint32_t slot) {
      return kept[slot] >= sinks_ && kept[slot] + window_ <= head.position;
    });
  }

 private:
  std::uint32_t sinks_, window_;
  HeadList heads_;
};

}  // namespace

std::unique_ptr<AttentionControl> make(Parameters& p) { return std::make_unique<SinkWindow>(p); }

}  // namespace kvern::attention::sink_window
