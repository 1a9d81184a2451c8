// The request with the longest prompt stops, among equals the one that arrived last: one stop frees
// the most blocks, and costs the most to compute again.
#include <memory>
#include <tuple>

#include "policies/parts/requests/highest_ranked.h"
#include "policies/preemption.h"

namespace kvern::preemption::longest_prompt {

namespace {

class LongestPrompt final : public Preemption {
 public:
  Slot victim(const StepPlanner& replica, Slot) override {
    return highest_ranked(replica, [](const RequestView& request) {
      return std::tuple(request.prompt_tokens, request.arrival, request.id);
    });
  }
};

}  // namespace

std::unique_ptr<Preemption> make(Parameters&) { return std::make_unique<LongestPrompt>(); }

}  // namespace kvern::preemption::longest_prompt
