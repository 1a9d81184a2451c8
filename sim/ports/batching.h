// Port: what runs in the next step? Asked by the replica at each decision point. Answered in
// policies/batching, through a StepPlanner.
#pragma once

#include <cstdint>
#include <string>

#include "sim/ports/request_view.h"
#include "sim/ports/step_planner.h"

namespace kvern {

// The pool of one replica.
struct PoolLimits {
  std::uint32_t blocks = 0;
  std::uint32_t block_size = 0;
  bool prefix_cache = false;
  bool tiers = false;  // below GPU memory
};

enum class Fit : std::uint8_t {
  Fits,
  RefusedOnArrival,  // it can never be served here: rejected, and counted
  RefusedAtHead,     // likewise, but the engine notices only when its turn comes
};

class Batching {
 public:
  virtual ~Batching() = default;
  // Once. A reason why the rule can't run on such a pool, or "".
  virtual std::string prepare(const PoolLimits& limits) = 0;
  // Asked by the router for each candidate replica.
  virtual Fit fit(const RequestView& request) const = 0;
  // Plans the next step: who decodes, which chunks are prefilled, who is admitted, stopped or
  // refused. A plan without work is idle, or (when it changed a queue) made again.
  //
  // What lets the replica jump: StepPlanner::valid_for says which event ends a plan in which all
  // running requests decode. Until then the same plan must follow.
  virtual void plan(StepPlanner& planner) = 0;
  // The plan of a step is made when the step before it starts, as if that one had gone as it must:
  // what arrives or ends during it is seen one step late (vLLM's async scheduling).
  virtual bool plans_ahead() const { return false; }
  // True: the engine keeps one of the blocks that fit for itself, and no request gets it.
  virtual bool keeps_null_block() const { return false; }
  // For look-up tables: the most tokens and sequences of a step.
  virtual std::uint32_t most_tokens() const = 0;
  virtual std::uint32_t most_sequences() const = 0;
};

}  // namespace kvern
