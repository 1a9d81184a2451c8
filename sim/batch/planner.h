// The replica as a batching rule sees and changes it while it plans one step.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sim/batch/decode_set.h"
#include "sim/batch/queues.h"
#include "sim/batch/request.h"
#include "sim/energy/audit.h"
#include "sim/energy/share_meter.h"
#include "sim/kv/kv_pool.h"
#include "sim/ledger.h"
#include "sim/ports/step_cost.h"

namespace kvern {

// What a replica holds. Planner and Replica share it.
struct ReplicaState {
  ReplicaState(KvPool kv, std::unique_ptr<HeldRuns> held)
      : pool(std::move(kv)),
        decoding(requests, pool.block_size(), pool.names_blocks(), std::move(held)),
        running(requests),
        waiting(requests) {}
  ReplicaState(const ReplicaState&) = delete;
  ReplicaState& operator=(const ReplicaState&) = delete;

  // A sequence joins the decodes, or leaves them and is charged for what it did there.
  void begin_decode(Slot slot);
  void end_decode(Slot slot);
  // After a step: sequences whose run under the token policy is over begin the next one.
  void turn_decodes();
  // A block for each decode that starts one `ahead` steps from now, in running order; where blocks
  // have identities.
  void grow_crossing(std::uint64_t ahead, SimTime now);

  RequestSlab requests;
  KvPool pool;
  DecodeSet decoding;
  RunningList running;
  WaitingQueue waiting;
  std::uint32_t prefilling = 0;  // running requests whose prefill is not complete
  // Of a rule that plans ahead: at the end of the queue, come after the latest step began; and
  // ended with the latest step, so that they still hold their seat and blocks.
  std::uint32_t unseen = 0;
  std::vector<Slot> leaving;
  std::uint32_t naming_decodes = 0;  // decodes whose output blocks carry ids of the trace
  std::uint32_t fetching = 0;        // waiting requests whose blocks are on their way
  std::uint32_t holding = 0;         // waiting requests whose blocks have come
  ShareMeter<1, 1> meter;            // joules of the decodes
  std::unique_ptr<Audit> audit;      // the same by part; null: not asked for

 private:
  void mark_joules(Slot slot);
  void charge_joules(Slot slot);
};

struct Plan {
  struct Chunk {
    Slot slot;
    std::uint32_t recomputed;  // of its tokens, computed before a preemption
  };
  std::vector<Chunk> owners;
  std::vector<PrefillChunk> chunks;  // parallel to owners
  bool decodes = false;              // the decode set runs (less those parked)
  std::vector<Slot> parked;          // decodes that sit out this step
  std::vector<Slot> refused;         // taken off the queue for good
  std::uint32_t preempted = 0;
  std::uint32_t spare = 0;  // free blocks that the rule wants at each decode
  bool every_step = false;

  bool has_work() const { return decodes || !chunks.empty(); }
  bool changed_queues() const { return preempted > 0 || !refused.empty(); }
};

enum class FetchStart : std::uint8_t {
  No,       // nothing to fetch, or it is better computed again
  Started,  // the head waits for its blocks, and is skipped
  Short,    // there are not enough free blocks
};

class Planner {
 public:
  // `bulk`: decode_all may plan all decodes at once (false: the step-by-step reference).
  Planner(ReplicaState& state, Ledger& ledger, bool bulk)
      : state_(state), ledger_(ledger), bulk_(bulk) {}

  // For the replica: starts a plan at `now`; finish() parks the decodes that were left out.
  void begin(SimTime now);
  void finish();
  // For the replica, before a plan: fetches for a request that was queued since the last one, where
  // its tiers do so and there is room.
  void prefetch(Slot slot, SimTime now);
  Plan& plan() { return plan_; }
  const Plan& plan() const { return plan_; }

  // --- what a rule sees -------------------------------------------------------------------
  bool prefix_cache() const { return state_.pool.names_blocks(); }
  // Less those skipped in this plan; the first of the others.
  std::uint32_t waiting() const { return state_.waiting.count() - state_.unseen - skipped_; }
  Slot head() const { return state_.waiting.at(skipped_); }
  // Blocks of the head are on their way from a lower tier: skip it.
  bool head_is_fetching() const { return state_.requests[head()].fetch == Fetch::UnderWay; }
  std::uint32_t running() const {
    return state_.running.count() + static_cast<std::uint32_t>(state_.leaving.size());
  }
  Slot first_running() const { return state_.running.first(); }
  Slot last_running() const { return state_.running.last(); }
  Slot next_running(Slot slot) const { return state_.requests[slot].next; }
  // Of the requests whose prefill is under way; right after a decode_all they are the last ones.
  Slot first_prefilling() const;
  bool decoding(Slot slot) const { return state_.requests[slot].stage == Stage::Decode; }
  std::uint32_t decodes() const { return state_.decoding.count(); }
  // Prompt and output so far; positions in the cache; blocks held.
  std::uint32_t tokens(Slot slot) const;
  std::uint32_t computed(Slot slot) const;
  std::uint32_t free_blocks() const { return state_.pool.free(); }
  std::uint32_t total_blocks() const { return state_.pool.capacity(); }
  std::uint32_t blocks_for(std::uint64_t tokens) const { return state_.pool.blocks_for(tokens); }
  std::uint32_t preempted() const { return plan_.preempted; }
  bool has_work() const { return plan_.has_work(); }

  // --- what a rule does -------------------------------------------------------------------
  // Plans one token for every decode at once, if that is what going through them one by one would
  // give: all before any prefill in the running list, within `budget` tokens, with `spare` blocks
  // left free at each. Where blocks are short and have no identities, the newest running requests
  // are preempted first: keeping the longest prefix of the list that fits is what the one-by-one
  // loop does. False: nothing was planned, go one by one.
  bool decode_all(std::int64_t budget, std::uint32_t spare = 0);
  // Blocks for `n` more tokens of a running request (1 of one that decodes); false (and nothing
  // done) when short. What waiting requests had fetched is given up for it, the last in the queue
  // first.
  bool allocate(Slot slot, std::uint32_t n);
  // `n` tokens of it run in this step (blocks are allocated).
  void schedule(Slot slot, std::uint32_t n);
  // By recompute: its blocks are freed, it goes to the front of the queue.
  void preempt(Slot slot);
  // The next one is the head for the rest of this plan.
  void skip_head() { ++skipped_; }
  // Cached blocks at the start of the head of the queue; those it holds already, if any.
  PrefixHits lookup_head() {
    const Request& request = state_.requests[head()];
    if (request.fetch == Fetch::Held) return {request.held, 0};
    return state_.pool.lookup(request, request.tokens());
  }
  // Behind these hits, where lower tiers hold more: has it fetched if their policies say so, with
  // `kept_free` blocks left.
  FetchStart fetch_head(std::uint32_t kept_free);
  // For a head that is short of blocks: where nothing runs whose end could free some, the last one
  // in the queue that had blocks fetched gives them up. False: nobody does, and the head must wait.
  bool make_room();
  // The head leaves the queue and runs: takes the hits of the latest lookup_head(), blocks for
  // `blocks_tokens` tokens in all (>= hits + n), and computes `n` tokens in this step. The blocks
  // are there.
  void admit_head(const PrefixHits& hits, std::uint32_t n, std::uint64_t blocks_tokens);
  // The head leaves the queue for good: rejected, or failed when it has produced output.
  void refuse_head();
  void every_step() { plan_.every_step = true; }

 private:
  bool decodes_lead() const;
  bool decodes_fit(std::uint32_t spare) const;
  void add_chunk(Slot slot, std::uint32_t n);
  void begin_fetch(Slot slot, SimTime now);
  bool give_up(std::uint32_t from);

  ReplicaState& state_;
  Ledger& ledger_;
  bool bulk_;
  SimTime now_ = 0;
  std::uint64_t number_ = 0;  // of the plan
  std::uint32_t decodes_planned_ = 0;
  std::uint32_t skipped_ = 0;  // at the front of the queue
  Plan plan_;
};

}  // namespace kvern
