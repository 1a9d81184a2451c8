// The serving machine: arrivals, router, pools of replicas, one clock. What happens comes from a
// few sources in one fixed order, which is the order of an instant: incidents; step ends with all
// they free; ends of transfers; clients that hang up; bucket edges; arrivals in id order, each
// admitted and routed seeing those before it. Then the touched replicas plan. Ties: replica, then
// request id. A jump that a source cuts at this instant ends before the next source has its turn.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/cluster/least_of.h"
#include "sim/cluster/leavers.h"
#include "sim/cluster/load_index.h"
#include "sim/ledger.h"
#include "sim/ports/admission.h"
#include "sim/ports/arrivals.h"
#include "sim/ports/incidents.h"
#include "sim/ports/routing.h"
#include "sim/records.h"
#include "sim/replica/replica.h"
#include "sim/timeline/timeline.h"

namespace kvern {

// A tier below the GPU memory of each replica of a pool.
struct PoolTier {
  std::string name;
  std::uint32_t blocks = 0;    // of one replica
  BytesPerSecond bandwidth{};  // of each replica's own link, each way
  Duration latency{};
  bool write_through = false;
  bool prefetch = false;
  // Called once a replica; results are not null.
  std::function<std::unique_ptr<Eviction>()> make_eviction;
  std::function<std::unique_ptr<CacheAdmission>()> make_admission;  // empty: all is kept
  std::function<std::unique_ptr<Tiering>()> make_fetch;
};

struct PoolSetup {
  std::string name;
  std::uint32_t replicas = 1;
  std::uint32_t blocks = 0;  // usable, of one replica
  std::uint32_t block_size = 16;
  bool prefix_cache = false;
  bool any_block = false;       // KvPoolSetup
  BlockWorth worth;             // of a cached block
  std::vector<PoolTier> tiers;  // nearest first; need prefix_cache and the bytes of a block
  // Of a byte in or out of GPU memory, on the boards; -1: not known, nor is the power then.
  std::int64_t femtojoules_per_byte = -1;
  Attribution attribution = Attribution::TokenShare;
  std::unique_ptr<StepCost> step_cost;  // prepared; shared by the replicas
  std::unique_ptr<Power> power;
  IdleStates idle_states;
  std::function<std::unique_ptr<Sleep>()> make_sleep;  // empty: never
  std::unique_ptr<Residency> residency;  // of the token policy; null: none. Not with prefix_cache
  // Called once a replica; results are not null. Eviction, and admission where there is one, are
  // asked for where prefix_cache is on.
  std::function<std::unique_ptr<Batching>()> make_batching;
  std::function<std::unique_ptr<Eviction>()> make_eviction;
  std::function<std::unique_ptr<CacheAdmission>()> make_cache_admission;  // empty: all is kept

  PoolLimits limits() const { return {blocks, block_size, prefix_cache, !tiers.empty()}; }
};

struct ClusterSetup {
  std::vector<PoolSetup> pools;
  std::unique_ptr<Admission> admission;
  std::unique_ptr<Routing> routing;
  std::unique_ptr<Arrivals> arrivals;
  std::unique_ptr<Incidents> incidents;    // prepared; null: none. Not with tiers
  std::unique_ptr<FutureRequests> future;  // of these arrivals, where an eviction is clairvoyant
  std::unique_ptr<Timeline> timeline;      // of flows between memories and replicas
  Records* records = nullptr;              // never null in a run; outlives the cluster
  std::uint64_t seed = 1;                  // of the policies' draws
  SimTime stop = kNever;                   // kNever: until drained
  SimTime bucket = 0;                      // width of the time buckets; 0 = none
  // A pool's power for its meter: /buckets of another width; 0 = none. Rows go to power_records.
  std::vector<SimTime> power_bins;
  Records* power_records = nullptr;
  bool stepwise = false;  // no jumps, nothing in bulk: the reference
  bool step_rows = false;
  bool eviction_rows = false;
  std::vector<CacheState> warm;                    // by replica; empty: all caches begin empty
  bool save_cache = false;                         // Cluster::unload_caches() will be asked for
  bool audit = false;                              // joules by request, part and phase
  bool self_checks = false;                        // laws after every event
  const std::atomic<bool>* interrupted = nullptr;  // a signal asks for the end
  // Called now and then (about each 2^14 events), for a progress line; may be empty.
  std::function<void(SimTime now, std::uint64_t arrived)> progress;
};

enum class Stopped : std::uint8_t { Drained, Stop, Signal };

class Cluster final : private ClusterView {
 public:
  // The pools' policies must accept them (Batching::prepare): a reason why not, or "".
  static std::string check(ClusterSetup& setup);
  explicit Cluster(ClusterSetup setup);
  ~Cluster() override;

  // Runs to the end; throws LawBroken, OutsideError (from records or arrivals).
  Stopped run();

  std::size_t pools() const { return pools_.size(); }
  const std::string& pool_name(std::size_t pool) const { return pools_[pool].setup.name; }
  const Ledger& ledger(std::size_t pool) const { return pools_[pool].ledger; }
  std::uint32_t replicas_of(std::size_t pool) const { return pools_[pool].setup.replicas; }
  // From the first arrival to the last event.
  SimTime first_arrival() const { return first_arrival_; }
  SimTime last_event() const { return last_event_; }
  // After the run, with save_cache: what each replica's prefix cache holds, by replica.
  std::vector<CacheState> unload_caches();
  std::string arrivals_failure() const { return arrivals_->failure(); }
  // The workload declares no max_tokens, and how long an answer will be decided something: where a
  // request can be held, or what a policy said.
  bool saw_outputs() const;

 private:
  struct Pool {
    PoolSetup setup;
    Ledger ledger;
    std::uint32_t first = 0;  // its first replica
    std::unique_ptr<BucketLedger> buckets;
    std::unique_ptr<BucketLedger> power_bins;  // null: no meter
    SimTime booked = kNever;                   // all steps that end before this are in the ledgers
  };
  // ClusterView
  std::uint32_t replicas() const override { return static_cast<std::uint32_t>(replicas_.size()); }
  Readiness readiness(ReplicaId replica) const override;
  PoolId pool(ReplicaId replica) const override { return PoolId{pool_of_[index(replica)]}; }
  bool can_hold(ReplicaId replica, const RequestView& request) const override;
  std::uint32_t in_flight(ReplicaId replica) const override { return loads_.load(index(replica)); }
  std::uint32_t in_flight_total() const override {
    return static_cast<std::uint32_t>(loads_.total());
  }
  ReplicaId least_loaded(const RequestView& request) const override;

  // cluster_build.cpp
  void build(Pool& pool, std::uint16_t number, const ClusterSetup& setup);
  // `number`: the replica's in its pool.
  KvPoolSetup kv_of(const PoolSetup& own, std::uint16_t replica, std::uint32_t number,
                    const ClusterSetup& setup);
  std::unique_ptr<LowerTiers> tiers_of(const PoolSetup& own, const KvPoolSetup& kv);
  // One kind of event: when it comes next, and what happens then.
  struct Source {
    SimTime (Cluster::*next_time)();
    void (Cluster::*at)(SimTime now);
    bool goes_on;  // a run waits for it
  };
  static const std::array<Source, 6> kSources;
  SimTime next_incident() { return incidents_ ? incidents_->next_time() : kNever; }
  SimTime next_run_end() { return ends_.least_key(); }
  SimTime next_transfer() { return flows_.next_end(); }
  SimTime next_hang_up() { return leavers_.next_time(); }
  SimTime next_edge() { return next_edge_; }
  SimTime next_arrival() { return arrivals_->next_time(); }
  SimTime next_instant();
  void step(SimTime now);
  void befall(SimTime now);
  void fail(std::uint32_t replica, SimTime now);
  void end_runs(SimTime now);
  void hang_up(SimTime now);
  void tell_departures(std::size_t before, SimTime now);
  void end_transfers(SimTime now);
  void bucket_edge(SimTime now);
  void take_arrivals(SimTime now);
  Fit fit(std::uint32_t replica, const RequestView& request) const;
  void route(const Arrival& request, SimTime now);
  void reject(const Arrival& request, SimTime now);
  void plan_touched(SimTime now);
  void touch(std::uint32_t replica);
  void changed(std::uint32_t replica);
  void write_departures();
  void close(Stopped how);

  std::vector<Pool> pools_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::uint16_t> pool_of_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<Routing> routing_;
  std::unique_ptr<Arrivals> arrivals_;
  std::unique_ptr<Incidents> incidents_;
  std::unique_ptr<FutureRequests> future_;
  std::unique_ptr<Timeline> timeline_;
  Records& records_;
  Flows flows_;
  SimTime stop_;
  SimTime bucket_;
  bool self_checks_;
  const std::atomic<bool>* interrupted_;
  std::function<void(SimTime, std::uint64_t)> progress_;
  LeastOf<SimTime> ends_;  // of the runs of replicas
  Leavers leavers_;
  LoadIndex loads_;
  std::vector<Readiness> told_;  // by replica: Serving, or what an incident has made of it
  SimTime now_ = 0;
  SimTime next_edge_ = kNever;
  bool uniform_ = false;          // one pool: what one replica can hold, all can
  std::uint32_t named_size_ = 0;  // tokens of a block that the arrivals name
  bool waiting_room_ = false;     // the present request fits nowhere and waits for its refusal
  mutable bool saw_outputs_ = false;
  std::vector<Transfer> over_;  // transfers that have just ended
  std::vector<std::uint32_t> touched_;
  std::vector<bool> is_touched_;
  Departures left_;  // at the instant left_at_, not yet written
  SimTime left_at_ = -1;
  std::uint64_t arrived_ = 0;
  SimTime first_arrival_ = kNever;
  SimTime last_event_ = 0;
};

}  // namespace kvern
