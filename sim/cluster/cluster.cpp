#include "sim/cluster/cluster.h"

#include <algorithm>
#include <utility>

#include "sim/law.h"

namespace kvern {

namespace {

std::uint32_t count_replicas(const std::vector<PoolSetup>& pools) {
  std::uint32_t sum = 0;
  for (const PoolSetup& pool : pools) sum += pool.replicas;
  return sum;
}

}  // namespace

std::string Cluster::check(ClusterSetup& setup) {
  for (const PoolSetup& pool : setup.pools) {
    std::string reason = pool.make_batching()->prepare(pool.limits());
    if (!reason.empty()) return reason;
  }
  return {};
}

Cluster::Cluster(ClusterSetup setup)
    : admission_(std::move(setup.admission)),
      routing_(std::move(setup.routing)),
      arrivals_(std::move(setup.arrivals)),
      incidents_(std::move(setup.incidents)),
      future_(std::move(setup.future)),
      timeline_(std::move(setup.timeline)),
      records_(*setup.records),
      flows_(*timeline_, records_),
      stop_(setup.stop),
      bucket_(setup.bucket),
      self_checks_(setup.self_checks),
      interrupted_(setup.interrupted),
      progress_(std::move(setup.progress)),
      ends_(count_replicas(setup.pools), kNever),
      loads_(count_replicas(setup.pools)),
      told_(count_replicas(setup.pools), Readiness::Serving),
      uniform_(setup.pools.size() == 1),
      named_size_(arrivals_->block_size()) {
  pools_.resize(setup.pools.size());
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    Pool& pool = pools_[i];
    pool.setup = std::move(setup.pools[i]);
    const std::int64_t idle =
        pool.setup.power->known() ? pool.setup.power->idle_picojoules_per_us() : -1;
    pool.buckets = std::make_unique<BucketLedger>(bucket_, static_cast<std::uint16_t>(i),
                                                  pool.setup.replicas, idle, &records_);
    if (i < setup.power_bins.size() && setup.power_bins[i] > 0 && idle >= 0) {
      pool.power_bins =
          std::make_unique<BucketLedger>(setup.power_bins[i], static_cast<std::uint16_t>(i),
                                         pool.setup.replicas, idle, setup.power_records);
    }
    pool.ledger.energy_known = pool.setup.power->known();
    pool.ledger.audited_on = setup.audit && pool.ledger.energy_known;
    pool.ledger.blocks = pool.setup.blocks;
    for (const PoolTier& tier : pool.setup.tiers) pool.ledger.tiers.push_back({tier.name});
    build(pool, static_cast<std::uint16_t>(i), setup);
  }
  is_touched_.resize(replicas_.size());
  routing_->prepare(static_cast<std::uint32_t>(replicas_.size()));
  if (bucket_ > 0) next_edge_ = bucket_;
}

Cluster::~Cluster() = default;

Readiness Cluster::readiness(ReplicaId replica) const {
  const Readiness told = told_[index(replica)];
  return told == Readiness::Serving ? replicas_[index(replica)]->readiness(now_) : told;
}

Fit Cluster::fit(std::uint32_t replica, const RequestView& request) const {
  const Fit fit = replicas_[replica]->fit(request);
  if (fit == Fit::Fits || request.declared() || saw_outputs_) return fit;
  // Nothing is declared: would the shortest of answers have fitted?
  RequestView shortest = request;
  shortest.declare(1);
  saw_outputs_ = replicas_[replica]->fit(shortest) != fit;
  return fit;
}

bool Cluster::can_hold(ReplicaId replica, const RequestView& request) const {
  if (!loads_.takes(index(replica))) return false;
  bool unused = false;  // what its replica asks is not the router's asking
  const Fit found = fit(index(replica), request.noted_in(unused));
  return found == Fit::Fits || (waiting_room_ && found == Fit::RefusedAtHead);
}

bool Cluster::saw_outputs() const {
  return saw_outputs_ || std::any_of(replicas_.begin(), replicas_.end(),
                                     [](const auto& each) { return each->saw_outputs(); });
}

ReplicaId Cluster::least_loaded(const RequestView& request) const {
  const std::uint32_t least = loads_.least();
  if (uniform_ || can_hold(ReplicaId{static_cast<std::uint16_t>(least)}, request)) {
    return ReplicaId{static_cast<std::uint16_t>(least)};
  }
  std::uint32_t best = UINT32_MAX;
  for (std::uint32_t i = 0; i < replicas_.size(); ++i) {
    if (!can_hold(ReplicaId{static_cast<std::uint16_t>(i)}, request)) continue;
    if (best == UINT32_MAX || loads_.load(i) < loads_.load(best)) best = i;
  }
  return ReplicaId{static_cast<std::uint16_t>(best)};
}

std::vector<CacheState> Cluster::unload_caches() {
  std::vector<CacheState> caches;
  for (const auto& replica : replicas_) caches.push_back(replica->unload_cache(last_event_));
  return caches;
}

Stopped Cluster::run() {
  Stopped how = Stopped::Drained;
  for (std::uint64_t events = 0;; ++events) {
    const SimTime now = next_instant();
    if (now == kNever) break;
    if (now > stop_) {
      how = Stopped::Stop;
      break;
    }
    step(now);
    if ((events & 0x3FFF) != 0) continue;
    if (interrupted_ != nullptr && interrupted_->load(std::memory_order_relaxed)) {
      how = Stopped::Signal;
      break;
    }
    if (progress_) progress_(now, arrived_);
  }
  close(how);
  return how;
}

const std::array<Cluster::Source, 6> Cluster::kSources = {{
    {&Cluster::next_incident, &Cluster::befall, false},
    {&Cluster::next_run_end, &Cluster::end_runs, true},
    {&Cluster::next_transfer, &Cluster::end_transfers, true},
    {&Cluster::next_hang_up, &Cluster::hang_up, true},
    {&Cluster::next_edge, &Cluster::bucket_edge, false},
    {&Cluster::next_arrival, &Cluster::take_arrivals, true},
}};

SimTime Cluster::next_instant() {
  SimTime next = kNever, beside = kNever;
  for (const Source& source : kSources) {
    SimTime& earliest = source.goes_on ? next : beside;
    earliest = std::min(earliest, (this->*source.next_time)());
  }
  return next == kNever ? kNever : std::min(next, beside);
}

void Cluster::step(SimTime now) {
  // Rows of one instant go out together: a jump that is cut at this very instant ends after it.
  if (now != left_at_) write_departures();
  left_at_ = now_ = now;
  for (const Source& source : kSources) {
    if ((this->*source.next_time)() > now) continue;
    (this->*source.at)(now);
    end_runs(now);
  }
  plan_touched(now);
  if (!self_checks_) return;
  for (const auto& replica : replicas_) {
    const std::string broken = replica->broken_law();
    if (!broken.empty()) throw LawBroken(2, now, broken);
  }
}

void Cluster::touch(std::uint32_t replica) {
  if (is_touched_[replica]) return;
  is_touched_[replica] = true;
  touched_.push_back(replica);
}

// The steps that end at this instant; also those of jumps that something has just cut here.
void Cluster::end_runs(SimTime now) {
  while (ends_.least_key() == now) {
    const std::uint32_t replica = ends_.least();
    const std::size_t before = left_.size();
    replicas_[replica]->end_run(left_);
    ends_.set(replica, kNever);
    loads_.set(replica, replicas_[replica]->in_flight());
    touch(replica);
    tell_departures(before, now);
    last_event_ = now;
  }
}

void Cluster::befall(SimTime now) {
  while (incidents_->next_time() <= now) {
    const Incident incident = incidents_->pop();
    const std::uint32_t number = index(incident.replica);
    Readiness& told = told_[number];
    if (incident.kind == IncidentKind::Return) {
      told = Readiness::Serving;
    } else if (told != Readiness::Down) {
      const bool fails = incident.kind == IncidentKind::Fail;
      told = fails ? Readiness::Down : Readiness::Draining;
      if (fails) fail(number, now);
    }
    loads_.open(number, told == Readiness::Serving);
  }
}

void Cluster::fail(std::uint32_t number, SimTime now) {
  const std::size_t before = left_.size();
  replicas_[number]->fail(now, left_);
  loads_.set(number, replicas_[number]->in_flight());
  tell_departures(before, now);
  changed(number);
}

void Cluster::tell_departures(std::size_t before, SimTime now) {
  for (std::size_t i = before; i < left_.size(); ++i) {
    leavers_.left(left_[i].id);
    arrivals_->finished(RequestId{left_[i].id}, now);
  }
}

void Cluster::hang_up(SimTime now) {
  while (leavers_.next_time() <= now) {
    const Leavers::Leaver leaver = leavers_.pop();
    Replica& replica = *replicas_[leaver.replica];
    const std::size_t before = left_.size();
    replica.hang_up(leaver.slot, now, left_);
    loads_.set(leaver.replica, replica.in_flight());
    tell_departures(before, now);
    changed(leaver.replica);
  }
}

// The replica's plan is another one now, or it has none and may find work.
void Cluster::changed(std::uint32_t replica) {
  if (replicas_[replica]->idle()) {
    touch(replica);
  } else {
    ends_.set(replica, replicas_[replica]->next_end());
  }
}

void Cluster::end_transfers(SimTime now) {
  over_.clear();
  flows_.ended(now, over_);
  for (const Transfer& transfer : over_) {
    Replica& replica = *replicas_[transfer.replica];
    const std::size_t before = left_.size();
    replica.transfer_ended(transfer, now, left_);
    loads_.set(transfer.replica, replica.in_flight());
    tell_departures(before, now);
    changed(transfer.replica);
    last_event_ = now;
  }
}

void Cluster::bucket_edge(SimTime now) {
  next_edge_ += bucket_;
  for (const auto& replica : replicas_) replica->settle(now);
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    pools_[pool_of_[i]].booked = kNever;
  }
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    Pool& pool = pools_[pool_of_[i]];
    pool.booked = std::min(pool.booked, replicas_[i]->mark_bucket(now));
  }
  for (Pool& pool : pools_) {
    pool.buckets->close_before(std::min(now, pool.booked));
    if (pool.power_bins == nullptr) continue;
    const SimTime whole = std::min(now, pool.booked);
    pool.power_bins->reach(whole);
    pool.power_bins->close_before(whole);
  }
}

void Cluster::take_arrivals(SimTime now) {
  Arrival request;
  while (arrivals_->next_time() <= now) {
    arrivals_->pop(request);
    ++arrived_;
    if (first_arrival_ == kNever) {
      first_arrival_ = now;
      for (const auto& replica : replicas_) replica->start_clock(now);
    }
    last_event_ = now;
    route(request, now);
  }
}

void Cluster::route(const Arrival& request, SimTime now) {
  bool fits = false;
  waiting_room_ = false;
  bool at_head = false;
  bool unused = false;
  const RequestView view = request.seen(named_size_, unused);
  for (const Pool& pool : pools_) {
    // What one replica of a pool can hold, all can; but some may take nothing at present.
    const std::uint32_t replica = loads_.first_taking(pool.first, pool.setup.replicas);
    if (replica == LoadIndex::kNone) continue;
    const Fit found = fit(replica, view);
    fits = fits || found == Fit::Fits;
    at_head = at_head || found == Fit::RefusedAtHead;
    if (fits) break;
  }
  waiting_room_ = !fits && at_head;
  if (!fits && !at_head) {
    reject(request, now);
    return;
  }
  const RequestView known = view.noted_in(saw_outputs_);
  const bool admitted = admission_->admits(known, *this, now);
  const std::uint32_t replica = admitted ? index(routing_->route(known, *this, now)) : 0;
  if (!admitted) {
    reject(request, now);
    return;
  }
  const Slot slot = replicas_[replica]->arrive(request, now);
  if (request.leaves != kNever && request.hangs_up) {
    leavers_.add(request.id, std::max(request.leaves, now + 1), replica, slot);
  }
  loads_.set(replica, replicas_[replica]->in_flight());
  changed(replica);
}

// Counted in the first pool: no replica has seen it.
void Cluster::reject(const Arrival& request, SimTime now) {
  Ledger& ledger = pools_.front().ledger;
  ++ledger.arrived;
  ++ledger.rejected;
  if (bucket_ > 0) ++pools_.front().buckets->at(now).arrived;
  RequestRow row;
  row.id = index(request.id);
  row.status = RequestStatus::Rejected;
  row.tenant = request.tenant;
  row.arrival_ns = request.time;
  row.prompt_tokens = request.prompt_tokens;
  left_.push_back(row);
  arrivals_->finished(request.id, now);
}

void Cluster::plan_touched(SimTime now) {
  std::sort(touched_.begin(), touched_.end());
  for (const std::uint32_t replica : touched_) {
    const std::size_t before = left_.size();
    replicas_[replica]->plan(now, left_);
    ends_.set(replica, replicas_[replica]->next_end());
    loads_.set(replica, replicas_[replica]->in_flight());
    is_touched_[replica] = false;
    tell_departures(before, now);
  }
  touched_.clear();
}

void Cluster::write_departures() {
  if (left_.empty()) return;
  if (left_.size() > 1) {
    std::sort(left_.begin(), left_.end(),
              [](const RequestRow& a, const RequestRow& b) { return a.id < b.id; });
  }
  for (const RequestRow& row : left_) records_.request(row);
  left_.clear();
}

void Cluster::close(Stopped how) {
  if (how == Stopped::Stop) last_event_ = stop_;
  if (first_arrival_ == kNever) first_arrival_ = last_event_;
  write_departures();
  for (const auto& replica : replicas_) {
    replica->settle(last_event_);
    replica->drain(left_);
  }
  write_departures();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    Pool& pool = pools_[i];
    Ledger& ledger = pool.ledger;
    ledger.replica_ns = (last_event_ - first_arrival_) * pool.setup.replicas;
    if (ledger.energy_known) {
      const Int128 idle_ticks = (Int128{ledger.replica_ns} << kTickBits) - ledger.busy_ticks;
      const Int128 idle =
          (idle_ticks >> kTickBits) * pool.setup.power->idle_picojoules_per_us() / 1000;
      ledger.picojoules[static_cast<std::size_t>(EnergyPart::Idle)] += idle;
      ledger.picojoules_unattributed += idle;
    }
    if (pool.buckets->on()) pool.buckets->close_all(last_event_);
    if (pool.power_bins != nullptr) {
      pool.power_bins->reach(last_event_);
      pool.power_bins->close_all(last_event_);
    }
  }
}

}  // namespace kvern
