// The replicas of a pool, from its setup.
#include <algorithm>
#include <array>
#include <utility>

#include "sim/cluster/cluster.h"

namespace kvern {
std::unique_ptr<LowerTiers> Cluster::tiers_of(const PoolSetup& own, const KvPoolSetup& kv) {
  LowerTiersSetup setup;
  for (const PoolTier& tier : own.tiers) {
    TierSetup& made = setup.tiers.emplace_back();
    made.name = tier.name;
    made.capacity = tier.blocks;
    made.bandwidth = tier.bandwidth;
    made.latency = tier.latency;
    made.write_through = tier.write_through;
    made.prefetch = tier.prefetch;
    made.eviction = tier.make_eviction();
    if (tier.make_admission) made.admission = tier.make_admission();
    made.fetch = tier.make_fetch();
    made.draws = kv.draws;
    // Each way has the whole bandwidth.
    for (RouteId* way : {&made.up, &made.down}) {
      const std::array<LinkId, 1> link{timeline_->add_link(tier.bandwidth, tier.latency)};
      *way = timeline_->add_route(link);
    }
  }
  setup.worth = kv.worth;
  setup.femtojoules_per_byte = own.femtojoules_per_byte;
  setup.future = kv.future;
  setup.flows = &flows_;
  setup.eviction_rows = kv.records;
  setup.replica = kv.replica;
  return std::make_unique<LowerTiers>(std::move(setup));
}

KvPoolSetup Cluster::kv_of(const PoolSetup& own, std::uint16_t replica, std::uint32_t number,
                           const ClusterSetup& setup) {
  KvPoolSetup kv;
  kv.capacity = own.blocks;
  kv.block_size = own.block_size;
  kv.future = future_.get();
  kv.worth = own.worth;
  kv.any_block = own.any_block;
  kv.records = setup.eviction_rows ? &records_ : nullptr;
  kv.replica = replica;
  kv.draws = {setup.seed, number};
  if (!own.prefix_cache) return kv;
  kv.eviction = own.make_eviction();
  if (own.make_cache_admission) kv.admission = own.make_cache_admission();
  if (!own.tiers.empty()) kv.below = tiers_of(own, kv);
  return kv;
}

void Cluster::build(Pool& pool, std::uint16_t number, const ClusterSetup& setup) {
  const PoolSetup& own = pool.setup;
  pool.first = static_cast<std::uint32_t>(replicas_.size());
  for (std::uint32_t r = 0; r < own.replicas; ++r) {
    ReplicaSetup replica;
    replica.id = static_cast<std::uint16_t>(replicas_.size());
    replica.pool = number;
    replica.kv = kv_of(own, replica.id, r, setup);
    replica.batching = own.make_batching();
    replica.batching->prepare(own.limits());
    replica.step_cost = own.step_cost.get();
    replica.power = own.power.get();
    replica.idle_states = own.idle_states;
    if (own.make_sleep) replica.sleep = own.make_sleep();
    replica.residency = own.residency.get();
    replica.attribution = own.attribution;
    replica.stepwise = setup.stepwise;
    replica.step_rows = setup.step_rows;
    replica.save_cache = setup.save_cache;
    replica.power_bins = pool.power_bins.get();
    replica.audit = pool.ledger.audited_on;
    if (replica.id < setup.warm.size()) replica.warm = &setup.warm[replica.id];
    replicas_.push_back(
        std::make_unique<Replica>(std::move(replica), pool.ledger, *pool.buckets, records_));
    pool_of_.push_back(number);
  }
}

}  // namespace kvern
