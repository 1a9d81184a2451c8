// The request with the longest prompt stops, among equals the one that arrived last: one stop frees
// the most blocks, and costs the most to compute again.
#include <memory>
#include <tuple>

#include "policies/preemption.h"

namespace kvern::preemption::longest_prompt {

namespace {

class LongestPrompt final : public Preemption {
 public:
  Slot victim(const StepPlanner& replica, Slot) override {
    const auto rank = [&replica](Slot slot) {
      const RequestView request = replica.request(slot);
      return std::tuple(request.prompt_tokens, request.arrival, request.id);
    };
    Slot longest = replica.first_running();
    auto its = rank(longest);
    for (Slot slot = replica.next_running(longest); slot != kNoSlot;
         slot = replica.next_running(slot)) {
      const auto other = rank(slot);
      if (other > its) longest = slot, its = other;
    }
    return longest;
  }
};

}  // namespace

std::unique_ptr<Preemption> make(Parameters&) { return std::make_unique<LongestPrompt>(); }

}  // namespace kvern::preemption::longest_prompt
