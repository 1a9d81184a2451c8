// Port: the replica as a scheduler sees and changes it while it plans one step. Implemented by
// sim/batch; used by policies/batching, and read by policies/preemption. No order is built in: a
// scheduler may look at any request that waits or runs, admit any, stop any, and say for how long
// its plan holds.
//
// A plan is what the calls of one Batching::plan() add up to: which running requests compute how
// many tokens, who joins them, who must stop. Calls take effect at once (blocks are taken, queues
// change), so what is read after a call is the state after it. Tokens are counted without padding,
// blocks are those of the replica's pool.
#pragma once

#include <cstdint>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/ports/request_view.h"

namespace kvern {

class Preemption;  // sim/ports/preemption.h

// Where a request stands.
struct Standing {
  std::uint32_t tokens = 0;    // prompt and output so far
  std::uint32_t computed = 0;  // of these, whose keys and values are in the cache
  bool decodes = false;        // it runs, and one token is lacking at each step
  bool fetching = false;       // it waits for blocks that are on their way from a lower tier
};

// Cached blocks at the start of a request.
struct PrefixHits {
  std::uint32_t blocks = 0;
  std::uint32_t idle = 0;  // of these, in use by nobody: taking them costs free blocks
};

enum class FetchStart : std::uint8_t {
  No,       // nothing to fetch, or it is better computed again
  Started,  // it waits for its blocks: pass it over
  Short,    // there are not enough free blocks
};

// The first of these events ends a plan; so does, always, a request that ends or leaves, a shortage
// of blocks, and blocks that have come from a lower tier.
enum class Until : std::uint8_t {
  NextStep,        // a plan is made for every step
  Arrival,         // a request arrives
  ArrivalAtFront,  // a request arrives and nobody waits before it, while a seat is free
};

// Who was stopped; of the present step's tokens, those it had been given and now gives back.
struct Preempted {
  Slot slot;
  std::uint32_t tokens;
};

class StepPlanner {
 public:
  virtual ~StepPlanner() = default;

  // --- what a scheduler sees -----------------------------------------------------------------
  SimTime now() const { return now_; }
  bool prefix_cache() const { return prefix_cache_; }
  // Requests that wait, in places 0, 1, ... of the queue: newcomers join at the end, those that
  // were stopped at the front, and requeue() moves them.
  std::uint32_t waiting() const { return waiting_; }
  virtual Slot waiting_at(std::uint32_t place) const = 0;
  // Requests that run, in order of admission; next_running() ends with kNoSlot. Seats of requests
  // that have just ended count, where plans are made ahead.
  std::uint32_t running() const { return running_; }
  virtual Slot first_running() const = 0;
  virtual Slot last_running() const = 0;
  virtual Slot next_running(Slot slot) const = 0;
  // Of the requests whose prefill is under way; right after a decode_all they are the last ones.
  Slot first_prefilling() const { return prefilling_ == 0 ? kNoSlot : find_first_prefilling(); }
  std::uint32_t decodes() const { return decodes_; }
  virtual RequestView request(Slot slot) const = 0;
  virtual Standing standing(Slot slot) const = 0;

  std::uint32_t free_blocks() const { return free_blocks_; }
  std::uint32_t total_blocks() const { return total_blocks_; }
  std::uint32_t blocks_for(std::uint64_t tokens) const {
    return static_cast<std::uint32_t>((tokens + block_size_ - 1) / block_size_);
  }
  // So far in this plan: requests stopped; whether anything runs.
  std::uint32_t preempted() const { return preempted_; }
  bool has_work() const { return has_work_; }

  // --- running requests ----------------------------------------------------------------------
  // Plans one token for every decode at once, if that is what going through them one by one would
  // give: all before any prefill in the running list, within `budget` tokens, with `spare` blocks
  // left free at each. Where blocks are short and have no identities, the newest running requests
  // are stopped first: keeping the longest prefix of the list that fits is what the one-by-one loop
  // does, unless `rule` stops others. False: nothing was planned, go one by one.
  virtual bool decode_all(std::int64_t budget, std::uint32_t spare = 0,
                          const Preemption* rule = nullptr) = 0;
  // Blocks for `n` more tokens of a running request (1 of one that decodes); false (and nothing
  // done) when short. What waiting requests had fetched is given up for it, the last in the queue
  // first.
  virtual bool allocate(Slot slot, std::uint32_t n) = 0;
  // `n` tokens of it run in this step; their blocks are allocated. A decode that is left out sits
  // this step out and keeps its blocks.
  virtual void schedule(Slot slot, std::uint32_t n) = 0;
  // A running request stops: its blocks are freed, it goes to the front of the queue, and its
  // tokens are computed again when it is admitted.
  virtual Preempted preempt(Slot slot) = 0;
  // Blocks are short, and the engine would stop `own`: stops whom `rule` names.
  virtual Preempted give_way(Preemption& rule, Slot own) = 0;

  // --- waiting requests, by their place ------------------------------------------------------
  PrefixHits lookup(std::uint32_t place) { return prefix_cache_ ? find_hits(place) : PrefixHits{}; }
  // Where lower tiers hold more than the hits of the latest lookup(), of this request: has it
  // fetched if their policies say so, with `kept_free` blocks left.
  FetchStart fetch(std::uint32_t place, std::uint32_t kept_free) {
    return has_tiers_ ? begin_fetch(place, kept_free) : FetchStart::No;
  }
  // For a request that is short of blocks: where nothing runs whose end could free some, the last
  // one behind it that had blocks fetched gives them up. False: nobody does, and it must wait.
  virtual bool make_room(std::uint32_t place) = 0;
  // It leaves the queue and runs: takes the hits of the latest lookup(), of this request, blocks
  // for `blocks_tokens` tokens in all (>= hits + n), and computes `n` tokens in this step. The
  // blocks are there.
  virtual void admit(std::uint32_t place, const PrefixHits& hits, std::uint32_t n,
                     std::uint64_t blocks_tokens) = 0;
  // It leaves the queue for good: rejected, or failed when it has produced output.
  virtual void refuse(std::uint32_t place) = 0;
  // It moves to another place; those between move up or down by one.
  virtual void requeue(std::uint32_t from, std::uint32_t to) = 0;

  // --- how long the plan holds ---------------------------------------------------------------
  // The latest call counts; without one, until an arrival. Only a plan in which all running
  // requests decode and nobody was stopped can hold for more than a step: it then holds for as many
  // equal steps as fit before the event, and before `steps` of them have run.
  virtual void valid_for(Until event, std::uint64_t steps = UINT64_MAX) = 0;
  // A new plan is wanted at the first step end at or after `time`, or then, if nothing runs.
  virtual void wake_at(SimTime time) = 0;

 protected:
  virtual Slot find_first_prefilling() const = 0;
  virtual PrefixHits find_hits(std::uint32_t place) = 0;
  virtual FetchStart begin_fetch(std::uint32_t place, std::uint32_t kept_free) = 0;

  // Kept up to date by the implementation, so that reading them is no call.
  SimTime now_ = 0;
  std::uint32_t waiting_ = 0, running_ = 0, decodes_ = 0, prefilling_ = 0;
  std::uint32_t free_blocks_ = 0, total_blocks_ = 0, block_size_ = 1;
  std::uint32_t preempted_ = 0;
  bool has_work_ = false, prefix_cache_ = false, has_tiers_ = false;
};

}  // namespace kvern
