#include "tests/lab/serving_lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "models/step_cost.h"
#include "policies/admission.h"
#include "policies/batching.h"
#include "policies/cache_admission.h"
#include "policies/eviction.h"
#include "policies/routing.h"
#include "policies/sleep.h"
#include "policies/tiering.h"
#include "policies/token_eviction.h"

namespace kvern::lab {

namespace {

template <class Port>
std::unique_ptr<Port> make(const PolicyTable<Port>& table, const std::string& text) {
  Issues issues;
  const Config spec = parse_policy(text, {}, issues);
  auto policy = make_policy(table, "lab", spec, "lab", issues);
  if (issues.any_error() || !policy) throw std::runtime_error(issues.text());
  return policy;
}

class ListedArrivals final : public Arrivals {
 public:
  explicit ListedArrivals(const Lab& lab) : requests_(lab.requests), size_(lab.block_size) {}
  SimTime next_time() override {
    return next_ < requests_.size() ? requests_[next_].arrival : kNever;
  }
  void pop(Arrival& arrival) override {
    const LabRequest& request = requests_[next_];
    arrival = {};
    arrival.id = RequestId{static_cast<std::uint32_t>(next_++)};
    arrival.time = request.arrival;
    arrival.prompt_tokens = request.prompt;
    arrival.output_tokens = request.output;
    arrival.declares = request.max_tokens > 0;
    arrival.max_tokens = arrival.declares ? request.max_tokens : request.output;
    arrival.priority = request.priority;
    arrival.blocks = request.blocks;
    arrival.answer = request.answer;
    arrival.tenant = request.tenant;
    arrival.category = request.category;
    arrival.leaves = request.leaves;
    arrival.hangs_up = request.hangs_up;
  }
  std::uint32_t block_size() const override { return size_; }

 private:
  std::vector<LabRequest> requests_;
  std::size_t next_ = 0;
  std::uint32_t size_;
};

class ListedIncidents final : public Incidents {
 public:
  explicit ListedIncidents(std::vector<Incident> listed) : listed_(std::move(listed)) {}
  std::string prepare(std::uint32_t) override { return {}; }
  SimTime next_time() const override {
    return next_ < listed_.size() ? listed_[next_].time : kNever;
  }
  Incident pop() override { return listed_[next_++]; }

 private:
  std::vector<Incident> listed_;
  std::size_t next_ = 0;
};

// 3 pJ a step plus 5 pJ for each tick of it: enough to see whether joules add up.
class LabPower final : public Power {
 public:
  explicit LabPower(bool known) : known_(known) {}
  bool known() const override { return known_; }
  void price(const Work& work, Price& price) override {
    price = {};
    for (int i = 0; i < work.count; ++i) price.ticks += work.kernels[i].fixed_ticks;
    if (!known_) return;
    price.picojoules[static_cast<int>(EnergyPart::Mlp)] = {3, 0};
    price.picojoules[static_cast<int>(EnergyPart::Attention)] = price.ticks * 5;
    // Reading a KV token takes 0.3 ns or nothing, so of 5 pJ a tick some millions a token.
    if (work.growing > 0) price.kv.arithmetic = 4 * price.ticks.slope / work.growing;
    if (work.growing > 0) price.kv.standby = price.ticks.slope / work.growing;
  }
  void divide(const Work&, bool standby, Division& division) override {
    division = {};
    Caused& attention = division[static_cast<int>(EnergyPart::Attention)];
    attention = {1'000'000, 200'000, 700'001, 30'003};
    if (standby) attention.tokens += 500'000;
  }
  std::int64_t idle_picojoules_per_us() const override { return known_ ? 120 : 0; }

 private:
  bool known_;
};

PoolTier tier_of(const LabTier& lab, std::size_t number) {
  PoolTier tier;
  tier.name = "tier" + std::to_string(number);
  tier.blocks = lab.blocks;
  tier.bandwidth = {static_cast<double>(lab.bytes_per_second)};
  tier.latency = {lab.latency};
  tier.write_through = lab.write_through;
  tier.prefetch = lab.prefetch;
  tier.make_eviction = [text = lab.eviction] { return make(eviction::table(), text); };
  if (!lab.admission.empty()) {
    tier.make_admission = [text = lab.admission] { return make(cache_admission::table(), text); };
  }
  tier.make_fetch = [text = lab.fetch] { return make(tiering::table(), text); };
  return tier;
}

bool clairvoyant(const std::string& eviction) {
  return make(eviction::table(), eviction)->clairvoyant();
}

}  // namespace

ClusterSetup setup_of(const Lab& lab, Records& records) {
  ClusterSetup setup;
  PoolSetup& pool = setup.pools.emplace_back();
  pool.name = "lab";
  pool.replicas = lab.replicas;
  pool.blocks = lab.blocks;
  pool.block_size = lab.block_size;
  pool.prefix_cache = lab.prefix_cache;
  pool.any_block = lab.any_block;
  pool.attribution = lab.attribution;
  if (!lab.token_eviction.empty()) {
    TokenLayer layer;
    layer.bounds.layers = lab.layers;
    layer.bounds.kv_heads = lab.kv_heads;
    layer.rope_theta = 10'000;
    auto policy = make(token_eviction::table(), lab.token_eviction);
    pool.residency = std::make_unique<Residency>(std::move(policy), layer);
  }
  pool.step_cost = make(step_cost::table(), lab.cost);
  pool.power = std::make_unique<LabPower>(lab.joules);
  pool.make_batching = [text = lab.batching] { return make(batching::table(), text); };
  if (lab.scheduler) pool.make_batching = lab.scheduler;
  pool.make_eviction = [text = lab.eviction] { return make(eviction::table(), text); };
  pool.idle_states.milliwatts = pool.idle_states.settled_milliwatts = 0;  // of LabPower, below 1
  pool.idle_states.sleep.fill({5, 1'000, 50, "", ""});
  pool.make_sleep = [text = lab.sleep] { return make(sleep::table(), text); };
  if (!lab.cache_admission.empty()) {
    pool.make_cache_admission = [text = lab.cache_admission] {
      return make(cache_admission::table(), text);
    };
  }
  pool.worth = block_worth(*pool.step_cost, *pool.power, pool.block_size,
                           pool.make_batching()->most_tokens(), lab.block_bytes);
  bool sees_future = clairvoyant(lab.eviction);
  for (const LabTier& tier : lab.tiers) {
    pool.tiers.push_back(tier_of(tier, pool.tiers.size() + 1));
    sees_future = sees_future || clairvoyant(tier.eviction);
  }
  if (lab.joules) pool.femtojoules_per_byte = 2500;
  if (sees_future) {
    ListedArrivals all(lab);
    setup.future = std::make_unique<FutureRequests>(all, lab.stop);
  }
  setup.admission = make(admission::table(), lab.admission);
  setup.routing = make(routing::table(), lab.routing);
  setup.arrivals = std::make_unique<ListedArrivals>(lab);
  setup.incidents = std::make_unique<ListedIncidents>(lab.incidents);
  setup.timeline = lab.simgrid ? make_simgrid_timeline() : make_plain_timeline();
  setup.records = &records;
  setup.stop = lab.stop;
  setup.seed = lab.seed;
  setup.bucket = lab.bucket;
  setup.stepwise = lab.stepwise;
  setup.step_rows = lab.step_rows;
  setup.eviction_rows = true;
  setup.audit = lab.audit;
  setup.self_checks = lab.self_checks;
  return setup;
}

std::unique_ptr<Outcome> run(const Lab& lab) {
  auto outcome = std::make_unique<Outcome>();
  Cluster cluster(setup_of(lab, *outcome));
  outcome->stopped = cluster.run();
  outcome->saw_outputs = cluster.saw_outputs();
  for (std::size_t i = 0; i < cluster.pools(); ++i) outcome->ledgers.push_back(cluster.ledger(i));
  return outcome;
}

std::string text(const RequestRow& r) {
  return fmt::format(
      "request {} status {} replica {} at {} sched {} first {} end {} out {} cached "
      "{} resumed {} again {} preempted {} nJ {}\n",
      r.id, static_cast<int>(r.status), r.replica, r.arrival_ns, r.first_scheduled_ns,
      r.first_token_ns, r.finish_ns, r.output_tokens, r.cached_tokens, r.resumed_tokens,
      r.recomputed_tokens, r.preemptions, r.energy_nj);
}

std::string text(const StepRow& r) {
  return fmt::format(
      "step on {} kind {} {}..{} seqs {} prefill {} used {} running {} waiting {} "
      "preempted {} kv {}\n",
      r.replica, static_cast<int>(r.kind), r.start_ns, r.end_ns, r.sequences, r.prefill_tokens,
      r.blocks_used, r.running, r.waiting, r.preempted, r.kv_tokens_read);
}

std::string text(const BucketRow& r) {
  return fmt::format(
      "bucket {} arrived {} finished {} preempted {} evicted {} run {} wait {} used "
      "{} resident {} steps {} prefill {} decode {} seqs {} kv {} busy {} nJ {}\n",
      r.start_ns, r.arrived, r.finished, r.preemptions, r.evictions, r.running_max, r.waiting_max,
      r.blocks_used_max, r.blocks_resident_max, r.steps, r.prefill_tokens, r.decode_tokens,
      r.sequence_steps, r.kv_token_steps, r.busy_ns, r.energy_nj);
}

std::string text(const EvictionRow& r) {
  return fmt::format("evict {} replica {} block {} age {}\n", r.time_ns, r.replica, r.block,
                     r.age_ns);
}

std::string text(const TransferRow& r) {
  return fmt::format("transfer {}..{} kind {} tier {} of {} for {} bytes {} nJ {}\n", r.start_ns,
                     r.end_ns, r.kind, r.tier, r.from, r.request, r.bytes, r.energy_nj);
}

std::string text(const Ledger& l) {
  std::string out = fmt::format(
      "ledger arrived {} finished {} rejected {} failed {} cancelled {} left {} prompt {} out {} "
      "cached {} "
      "admitted {} resumed {} again {} steps {} {} {} seqs {} prefill {} decode {} lookups {} hits "
      "{} evictions {} preemptions {} of {} used max {} wakes {} asleep {}\n",
      l.arrived, l.finished, l.rejected, l.failed, l.cancelled, l.in_flight, l.prompt_tokens,
      l.output_tokens, l.cached_tokens, l.admitted_prompt_tokens, l.resumed_tokens,
      l.recomputed_tokens, l.steps_prefill, l.steps_decode, l.steps_mixed, l.sequence_steps,
      l.prefill_tokens, l.decode_tokens, l.block_lookups, l.block_hits, l.evictions, l.preemptions,
      l.preempted_requests, l.used_blocks_max, l.wakes, l.asleep_ns);
  for (const Int128 value : {l.kv_token_steps, l.busy_ticks, l.used_block_ticks,
                             l.picojoules_wasted, l.picojoules_unattributed}) {
    out += fmt::format("{} ", value);
  }
  for (const Int128 value : l.picojoules) out += fmt::format("{} ", value);
  for (const TierCounts& tier : l.tiers) {
    out += fmt::format("{} hits {} up {} down {} evicted {} ", tier.name, tier.hits,
                       tier.bytes_fetched, tier.bytes_written, tier.evictions);
  }
  for (const auto& bucket : l.itl.buckets()) {
    out += fmt::format("{}:{} ", bucket.lower_ns, bucket.count);
  }
  return out + fmt::format("itl mean {} max {}\n", l.itl.mean_ns(), l.itl.max_ns());
}

std::string text(const Outcome& outcome, bool with_steps) {
  std::string out = fmt::format("stopped {}\n", static_cast<int>(outcome.stopped));
  for (const auto& row : outcome.requests) out += text(row);
  for (const auto& row : outcome.buckets) out += text(row);
  // In time order per replica, in no particular order between replicas.
  auto evictions = outcome.evictions;
  std::stable_sort(evictions.begin(), evictions.end(),
                   [](const auto& a, const auto& b) { return a.replica < b.replica; });
  for (const auto& row : evictions) out += text(row);
  for (const AuditRow& row : outcome.audits) {
    out += fmt::format("audit {} {} {}\n", row.id, name(row.phase), fmt::join(row.picojoules, " "));
  }
  auto transfers = outcome.transfers;
  std::stable_sort(transfers.begin(), transfers.end(),
                   [](const auto& a, const auto& b) { return a.from < b.from; });
  for (const auto& row : transfers) out += text(row);
  for (const auto& ledger : outcome.ledgers) out += text(ledger);
  if (!with_steps) return out;
  for (const auto& row : outcome.steps) out += text(row);
  return out;
}

}  // namespace kvern::lab
