// Port: what runs in the next step? Asked by the replica at each decision point. Answered in
// policies/batching.
#pragma once

#include <cstdint>
#include <string>

#include "sim/ports/arrivals.h"

namespace kvern {

class Planner;  // sim/batch/planner.h: the replica as a batching rule sees and changes it

// The pool of one replica.
struct PoolLimits {
  std::uint32_t blocks = 0;
  std::uint32_t block_size = 0;
  bool prefix_cache = false;
};

enum class Fit : std::uint8_t {
  Fits,
  RefusedOnArrival,  // it can never be served here: rejected, and counted
  RefusedAtHead,     // likewise, but the engine notices only when it reaches the head of the queue
};

class Batching {
 public:
  virtual ~Batching() = default;
  // Once. A reason why the rule can't run on such a pool, or "".
  virtual std::string prepare(const PoolLimits& limits) = 0;
  // Asked by the router for each candidate replica.
  virtual Fit fit(const Arrival& request) const = 0;
  // Fills the planner with the next step: who decodes, which chunks are prefilled, who is admitted,
  // preempted or refused. A plan without work is idle, or (when it changed a queue) made again.
  //
  // Promise that lets the replica jump: when the planned step only decodes, all running requests
  // decode, and nobody was preempted, then the same plan follows until a request ends, the blocks
  // run out, or a request arrives at an empty queue. A rule that can't promise it for a step calls
  // planner.every_step().
  virtual void plan(Planner& planner) = 0;
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
