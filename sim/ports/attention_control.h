// Port: how does each query head of a layer attend? Asked by the attention machine's step, after
// the token policy has said what is read; answered in policies/attention, one file a controller. An
// intervention is a controller that forces: it looks at nothing but where it is.
//
// A controller narrows what a query head reads. A head that reads nothing gives zeros; a head that
// it leaves alone attends as the policy has it, bit for bit as without a controller. Bytes and
// FLOPs follow: a token that no query head of its group reads is not moved. Only decode steps are
// controlled, so the machine refuses it where a prompt's outputs would matter.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kvern {

// A query head at a step.
struct ControlledHead {
  std::uint32_t layer = 0;       // its number in the model
  std::uint32_t query_head = 0;  // in the layer
  std::uint32_t position = 0;    // of the new token
};

struct ControlledShape {
  std::uint32_t layers = 1, heads = 1;  // of the model; query heads of a layer
};

// One object serves all layers and texts of a run, and several threads at once.
class AttentionControl {
 public:
  virtual ~AttentionControl() = default;
  // Why it can't run on such a model; empty when it can.
  virtual std::string refusal(const ControlledShape&) const { return {}; }
  // False: the head attends as the policy has it, and narrow() is not asked.
  virtual bool acts(const ControlledHead& head) const = 0;
  // Takes out of `slots` (ascending, indices into `kept`; the last is the new token) those that the
  // head shall not read at this step. `kept` are the positions of its KV head, ascending.
  virtual void narrow(const ControlledHead& head, std::span<const std::uint32_t> kept,
                      std::vector<std::uint32_t>& slots) const = 0;
};

}  // namespace kvern
