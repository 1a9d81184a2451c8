// One replica: a queue, a batch, a KV pool and an engine that steps. It plans a step, prices it,
// and jumps over as many equal decode steps as the plan stays valid for. A jump is a promise:
// settle(t) gives the state at the last step end <= t.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/base/ids.h"
#include "sim/batch/planner.h"
#include "sim/energy/attribution.h"
#include "sim/energy/bucket_ledger.h"
#include "sim/energy/idle_clock.h"
#include "sim/ledger.h"
#include "sim/ports/arrivals.h"
#include "sim/ports/batching.h"
#include "sim/ports/power.h"
#include "sim/ports/routing.h"
#include "sim/ports/step_cost.h"
#include "sim/records.h"

namespace kvern {

struct ReplicaSetup {
  std::uint16_t id = 0;
  std::uint16_t pool = 0;
  KvPoolSetup kv;
  std::unique_ptr<Batching> batching;
  Residency* residency = nullptr;  // shared by the pool's replicas; null: no token policy
  StepCost* step_cost = nullptr;   // shared by the pool's replicas
  Power* power = nullptr;
  IdleStates idle_states;
  std::unique_ptr<Sleep> sleep;  // null: never
  Attribution attribution = Attribution::TokenShare;
  bool stepwise = false;
  bool step_rows = false;
  bool save_cache = false;
  bool audit = false;
  BucketLedger* power_bins = nullptr;  // joules in fine bins of time, for a meter; null: none
  const CacheState* warm = nullptr;    // to begin with; null: an empty cache
};

// Requests that left: filled by the replica, handed on by the cluster.
using Departures = std::vector<RequestRow>;

class Replica {
 public:
  Replica(ReplicaSetup setup, Ledger& ledger, BucketLedger& buckets, Records& records);

  Fit fit(const RequestView& request) const { return batching_->fit(request); }
  std::uint32_t in_flight() const { return state_.waiting.count() + state_.running.count(); }
  // Nanosecond at which the current run, or its waking, ends; kNever when idle.
  SimTime next_end() const { return next_end_; }
  bool idle() const { return !active_ && !idle_clock_.waking(); }
  // As a router sees it at `now`; whether it may be sent anything the cluster knows.
  Readiness readiness(SimTime now) const {
    if (idle_clock_.waking()) return Readiness::Starting;
    return idle_clock_.asleep(now) ? Readiness::Asleep : Readiness::Serving;
  }
  // The run's clock starts: a replica without work is idle from here on.
  void start_clock(SimTime now) { idle_clock_.begin(now); }

  // A request joins the queue at `now`; its slot here. A jump ends at the first step end >= now if
  // the plan made there could admit it.
  Slot arrive(const Arrival& arrival, SimTime now);
  // The client of a request that is here hung up. It leaves at the first step end >= now; at once
  // where one just was. Planned ahead, it still takes part in the step that begins then.
  void hang_up(Slot request, SimTime now, Departures& left);
  // It fails: at the first step end >= now, or at once. All that is here leaves as failed, and what
  // its cache held is lost.
  void fail(SimTime now, Departures& left);
  // The run's end is reached, or that of waking: tokens, completions; then the replica has nothing
  // planned.
  void end_run(Departures& left);
  // Plans and starts the next run, or goes idle. `now` matters when idle: a busy replica plans at
  // its own step end.
  void plan(SimTime now, Departures& left);
  // One of its transfers ends at `now`. A jump ends as for an arrival.
  void transfer_ended(const Transfer& transfer, SimTime now, Departures& left);
  // Applies the steps of the current jump that end at or before `t`.
  void settle(SimTime t);
  // Marks the present queue lengths in the bucket of `t`, and says up to when its steps are booked.
  SimTime mark_bucket(SimTime t);
  // At the end of a run that was stopped: what is still here, in no particular order.
  void drain(Departures& left);
  // After the run, with save_cache: what the prefix cache holds.
  CacheState unload_cache(SimTime now) {
    if (idle_clock_.asleep(now)) state_.pool.lose_all(now);
    return state_.pool.unload(now);
  }
  bool saw_outputs() const { return planner_.saw_outputs(); }
  // Law 2 and the counters behind it; what is broken, or "".
  std::string broken_law() const;

 private:
  struct Run {
    Instant start;
    Price price;
    std::int64_t steps = 0;  // planned
    std::int64_t done = 0;
    std::int64_t taken = 1;  // steps that have their blocks; the first since it was planned
    std::uint32_t decodes = 0;
    std::uint32_t sequences = 0;
    std::uint32_t prefill_tokens = 0;
    std::uint32_t preempted = 0;  // since the plan of the step before
    std::uint32_t waiting = 0;    // after it
    std::uint64_t chunk_kv = 0;   // cached tokens that the chunks read
    StepKind kind = StepKind::Decode;
  };
  void plan_steps(SimTime now, Departures& left);
  void prepare_tiers(SimTime now);
  void start_run(const Plan& plan);
  std::int64_t longest_run(const Plan& plan);
  void advance(std::int64_t steps);
  void advance_in_bucket(std::int64_t steps);
  void allocate_ahead(std::int64_t steps);
  void allocate_step_under_way();
  void name_before(SimTime now);
  void book_tokens(std::int64_t steps, Instant end);
  void book_bucket(std::int64_t steps, SimTime from, SimTime end);
  void charge(std::int64_t steps, SimTime from, SimTime end);
  void charge_chunk(std::size_t i, Request& request);
  void emit_tokens();
  std::int64_t steps_before(SimTime now) const;
  void plan_anew_after(std::int64_t before);
  void dismiss(Slot slot, RequestStatus status, Departures& left);
  void drop_all(Departures& left);
  void dismiss_gone(Departures& left);
  std::uint32_t blocks_counted_anew() const;
  void finish(Slot slot, RequestStatus status, Departures& left);
  void give_back(Slot slot);
  bool catch_up();
  void write_step(SimTime from, SimTime end);

  std::uint16_t id_;
  std::uint16_t pool_;
  std::unique_ptr<Batching> batching_;
  StepCost* step_cost_;
  Power* power_;
  Attribution attribution_;
  bool plans_ahead_;
  bool stepwise_;
  bool step_rows_;
  Ledger& ledger_;
  BucketLedger& buckets_;
  BucketLedger* power_bins_;
  Records& records_;
  ReplicaState state_;
  Planner planner_;
  IdleClock idle_clock_;
  Work work_;
  Run run_;
  bool active_ = false;
  bool failing_ = false;     // at the end of the step under way
  bool just_ended_ = false;  // the next plan starts at the clock, not at the event's nanosecond
  Instant clock_;            // end of the latest step
  SimTime next_end_ = kNever;
  std::uint64_t evictions_booked_ = 0;
  std::uint32_t used_at_end_ = 0;      // blocks in use during the latest step
  std::uint32_t resident_at_end_ = 0;  // the same with those that only hold content
  std::uint32_t preempted_ = 0;        // since the latest step was planned
  std::int64_t step_picojoules_ = 0;   // of the latest run of steps
  // Of the latest step with chunks: who pays.
  Division division_{};
  StepShares shares_;
  Caused caused_;                 // the division, summed over parts
  std::int64_t together_ = 0;     // pJ
  std::int64_t chunks_left_ = 0;  // of the chunks not charged yet
  std::vector<Slot> ending_;
  std::uint32_t gone_ = 0;  // requests here whose clients hung up
  struct Gone {
    Slot slot;
    RequestId request;  // another one there: it has left
  };
  std::vector<Gone> hung_up_;  // those, and some that have left
  std::vector<Slot> noticed_;
  std::vector<Slot> fresh_;  // queued since the latest plan, where tiers prefetch
};

}  // namespace kvern
