// What a server knows of a request: all that a policy of admission, routing, batching or preemption
// may see of it. How long its answer will be is not among that; only sim knows (Arrival).
#pragma once

#include <cstdint>
#include <span>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace kvern {

class RequestView {
 public:
  RequestId id{};
  SimTime arrival = 0;
  std::uint32_t prompt_tokens = 0;
  std::uint16_t tenant = 0;
  std::uint16_t category = 0;
  std::int32_t session = -1;
  std::int32_t priority = 0;  // the smaller, the sooner
  // Ids of the prompt's blocks, in order; equal id = equal prefix. Empty: unnamed.
  std::span<const std::uint32_t> blocks;

  // The most tokens that its answer may have, as the client declared it. Where the workload
  // declares nothing ([workload] max_tokens = "output") it is the traced answer's own length, which
  // no server knows: asking is noted then, and the run is stamped "clairvoyant" if it matters.
  std::uint32_t max_tokens() const {
    if (asked_ != nullptr) *asked_ = true;
    return max_tokens_;
  }
  bool declared() const { return asked_ == nullptr; }

  // For sim. What the client declared; or the answer's length, with where to note that it was asked
  // for (which outlives all copies). The same view, whose asking is noted elsewhere.
  void declare(std::uint32_t max_tokens) { max_tokens_ = max_tokens, asked_ = nullptr; }
  void foretell(std::uint32_t output, bool& asked) { max_tokens_ = output, asked_ = &asked; }
  RequestView noted_in(bool& asked) const {
    RequestView copy = *this;
    if (!declared()) copy.asked_ = &asked;
    return copy;
  }

 private:
  std::uint32_t max_tokens_ = 0;
  bool* asked_ = nullptr;
};

}  // namespace kvern
