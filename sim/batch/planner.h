// What a replica holds, and the plan of its next step as a scheduler makes it (StepPlanner).
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
#include "sim/ports/step_planner.h"

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
  // Where blocks have identities: what the decodes do in the step `ahead` steps from now, in
  // running order. Who starts a block takes one, who fills one gives it its name.
  void grow_and_name(std::uint64_t ahead, SimTime now);
  // Names the blocks of a decode that lie in its first `full` ones.
  void name_decoded(Slot slot, std::uint32_t full, SimTime now);

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
  std::uint32_t naming_decodes = 0;  // decodes, parked ones too, with ids for blocks to come
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
  // Of a plan that only decodes: what ends it, after how many steps at most, and when it is to be
  // made anew in any case.
  Until until = Until::Arrival;
  std::uint64_t most_steps = UINT64_MAX;
  SimTime wake_at = kNever;
  bool every_step = false;  // whatever the scheduler says

  bool has_work() const { return decodes || !chunks.empty(); }
  bool changed_queues() const { return preempted > 0 || !refused.empty(); }
};

// What it does not do itself, it asks of the replica's state; every call ends by bringing up to
// date what StepPlanner shows without a call.
class Planner final : public StepPlanner {
 public:
  // `bulk`: decode_all may plan all decodes at once (false: the step-by-step reference).
  Planner(ReplicaState& state, Ledger& ledger, bool bulk);

  // For the replica: starts a plan at `now`; finish() parks the decodes that were left out.
  void begin(SimTime now);
  void finish();
  // For the replica, before a plan: fetches for a request that was queued since the last one, where
  // its tiers do so and there is room.
  void prefetch(Slot slot, SimTime now);
  Plan& plan() { return plan_; }
  const Plan& plan() const { return plan_; }
  // The scheduler, or its preemption rule, asked for an answer's length where nothing is declared.
  bool saw_outputs() const { return saw_outputs_; }

  Slot waiting_at(std::uint32_t place) const override { return state_.waiting.at(place); }
  Slot first_running() const override { return state_.running.first(); }
  Slot last_running() const override { return state_.running.last(); }
  Slot next_running(Slot slot) const override { return state_.requests[slot].next; }
  RequestView request(Slot slot) const override;
  Standing standing(Slot slot) const override;
  bool decode_all(std::int64_t budget, std::uint32_t spare, const Preemption* rule) override;
  bool allocate(Slot slot, std::uint32_t n) override;
  void schedule(Slot slot, std::uint32_t n) override;
  Preempted preempt(Slot slot) override;
  Preempted give_way(Preemption& rule, Slot own) override;
  bool make_room(std::uint32_t place) override;
  void admit(std::uint32_t place, const PrefixHits& hits, std::uint32_t n,
             std::uint64_t blocks_tokens) override;
  void refuse(std::uint32_t place) override;
  void requeue(std::uint32_t from, std::uint32_t to) override;
  void valid_for(Until event, std::uint64_t steps) override;
  void wake_at(SimTime time) override { plan_.wake_at = time; }

  // For the replica: a decode may soon give its block the very name that a request looked up in
  // vain in this plan, so that the next plan may find more.
  bool may_be_found_soon() const;

 private:
  Slot find_first_prefilling() const override;
  PrefixHits find_hits(std::uint32_t place) override;
  FetchStart begin_fetch(std::uint32_t place, std::uint32_t kept_free) override;
  bool decoding(Slot slot) const { return state_.requests[slot].stage == Stage::Decode; }
  std::uint32_t computed(Slot slot) const;
  bool decodes_lead() const;
  bool decodes_fit(std::uint32_t spare) const;
  void add_chunk(Slot slot, std::uint32_t n);
  std::uint32_t take_out(Slot slot);
  void stop(Slot slot);
  void start_fetch(Slot slot, SimTime now);
  bool give_up(std::uint32_t from);
  void show();

  ReplicaState& state_;
  Ledger& ledger_;
  bool bulk_;
  std::uint64_t number_ = 0;  // of the plan
  std::uint32_t decodes_planned_ = 0;
  std::vector<std::uint32_t> missed_;  // first names not found, by the lookups of this plan
  Plan plan_;
  mutable bool saw_outputs_ = false;
};

}  // namespace kvern
