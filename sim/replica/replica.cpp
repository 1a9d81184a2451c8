#include "sim/replica/replica.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/law.h"

namespace kvern {

namespace {

// A run lasts at most this long, so that sums of ticks stay far from 63 bits.
constexpr std::int64_t kLongestRunTicks = std::int64_t{1} << 60;

// Ticks from `start` to the nanosecond `t`; saturated, runs are shorter than that.
std::int64_t ticks_until(const Instant& start, SimTime t) {
  const SimTime ns = std::min(t - start.ns, kLongestRunTicks >> kTickBits);
  return (ns << kTickBits) - start.ticks;
}

std::unique_ptr<HeldRuns> held_runs(const ReplicaSetup& setup) {
  if (setup.residency == nullptr) return nullptr;
  return std::make_unique<HeldRuns>(*setup.residency, setup.stepwise);
}

}  // namespace

Replica::Replica(ReplicaSetup setup, Ledger& ledger, BucketLedger& buckets, Records& records)
    : id_(setup.id),
      pool_(setup.pool),
      batching_(std::move(setup.batching)),
      step_cost_(setup.step_cost),
      power_(setup.power),
      attribution_(setup.attribution),
      plans_ahead_(batching_->plans_ahead()),
      stepwise_(setup.stepwise),
      step_rows_(setup.step_rows),
      ledger_(ledger),
      buckets_(buckets),
      power_bins_(setup.power_bins),
      records_(records),
      state_(KvPool(std::move(setup.kv)), held_runs(setup)),
      planner_(state_, ledger, !setup.stepwise),
      idle_clock_(setup.idle_states, std::move(setup.sleep), setup.power->known(), ledger, buckets,
                  setup.power_bins) {
  if (setup.audit) state_.audit = std::make_unique<Audit>(ledger, records);
  if (setup.save_cache) state_.pool.remember_blocks();
  if (setup.warm != nullptr) state_.pool.load(*setup.warm);
}

Slot Replica::arrive(const Arrival& arrival, SimTime now) {
  // Nobody is before it, or all are skipped.
  const bool first = state_.waiting.count() == state_.fetching;
  const LowerTiers* tiers = state_.pool.below();
  const bool prefetches = tiers != nullptr && tiers->prefetches();
  const Slot slot = state_.requests.take();
  Request& request = state_.requests[slot];
  request.reset(arrival, state_.pool.names_blocks() ? state_.pool.block_size() : 0);
  state_.waiting.push_back(slot);
  ++ledger_.arrived;
  ledger_.prompt_tokens += arrival.prompt_tokens;
  if (buckets_.on()) {
    BucketRow& row = buckets_.at(now);
    ++row.arrived;
    row.waiting_max = std::max(row.waiting_max, state_.waiting.count());
  }
  if (prefetches) fresh_.push_back(slot);
  if (!active_) {
    if (plans_ahead_ && just_ended_) ++state_.unseen;
    return slot;
  }
  // Behind a blocked head, or with all places taken, a newcomer changes no plan of this jump.
  const auto waits = [&] {
    if (prefetches || planner_.plan().until != Until::ArrivalAtFront) return false;
    bool unused = false;
    const bool full = state_.running.count() >= batching_->most_sequences();
    return !first || (full && batching_->fit(arrival.seen(0, unused)) == Fit::Fits);
  };
  const bool cuts = run_.steps > 1 && !waits();
  if (!cuts && !plans_ahead_) return slot;
  const std::int64_t before = steps_before(now);
  // Planned ahead, the step after the one under way knows nothing of it.
  if (plans_ahead_ && before + 1 >= run_.steps) ++state_.unseen;
  if (cuts) plan_anew_after(before);
  return slot;
}

// Steps of this run that end before `now`.
std::int64_t Replica::steps_before(SimTime now) const {
  if (run_.steps == 1) return 0;
  return steps_within(run_.price.ticks, ticks_until(run_.start, now - 1), run_.steps);
}

// Cuts the jump where the next plan can see what happened in the step after those.
void Replica::plan_anew_after(std::int64_t before) {
  run_.steps = std::min(run_.steps, std::max(before + (plans_ahead_ ? 2 : 1), run_.done));
  next_end_ = run_.start.plus(run_.price.ticks.sum(run_.steps)).ceil_ns();
}

void Replica::plan(SimTime now, Departures& left) {
  LowerTiers* const tiers = state_.pool.below();
  if (tiers != nullptr) prepare_tiers(now);
  plan_steps(now, left);
  if (tiers != nullptr) tiers->send(now);
}

void Replica::prepare_tiers(SimTime now) {
  state_.pool.below()->filled(now);
  for (const Slot slot : fresh_) planner_.prefetch(slot, now);
  fresh_.clear();
}

void Replica::transfer_ended(const Transfer& transfer, SimTime now, Departures& left) {
  name_before(now);
  TierCounts& counts = ledger_.tiers[transfer.tier - std::size_t{1}];
  const bool fetch = transfer.kind == TransferKind::Fetch;
  (fetch ? counts.bytes_fetched : counts.bytes_written) += transfer.bytes;
  if (power_->known()) {
    ledger_.picojoules[static_cast<std::size_t>(EnergyPart::Transfer)] += transfer.picojoules;
    ledger_.picojoules_unattributed += transfer.picojoules;
    if (buckets_.on()) buckets_.energy(now, transfer.picojoules);
  }
  if (fetch) {
    Request& request = state_.requests[transfer.slot];
    if (power_->known()) request.picojoules += transfer.picojoules;
    if (state_.audit) state_.audit->fetched(transfer.slot, transfer.picojoules);
    const std::uint64_t hits = transfer.bytes / state_.pool.block_bytes();
    counts.hits += hits, counts.hits_resumed += request.preemptions > 0 ? hits : 0;
    if (state_.pool.fetched(request, static_cast<std::uint8_t>(transfer.tier - 1), now)) {
      request.fetch = Fetch::Held;
      --state_.fetching;
      ++state_.holding;
      // Its client hung up meanwhile: it leaves now, or at the end of the step under way.
      if (request.gone != kNever && !active_) {
        if (!just_ended_) clock_ = std::max(clock_, Instant{now, 0});
        dismiss(transfer.slot, RequestStatus::Cancelled, left);
      }
    }
  } else {
    state_.pool.below()->written(transfer, now);
  }
  // What has come may change what becomes of those that wait.
  if (active_ && !state_.waiting.empty()) plan_anew_after(steps_before(now));
}

void Replica::plan_steps(SimTime now, Departures& left) {
  if (!just_ended_) clock_ = std::max(clock_, Instant{now, 0});
  just_ended_ = false;
  if (in_flight() > 0 && idle_clock_.idle() && !idle_clock_.waking()) {
    // Whatever the depth, an engine that slept comes back with an empty cache.
    if (idle_clock_.asleep(now)) state_.pool.lose_all(now);
    next_end_ = idle_clock_.wake(now);
    if (next_end_ > now) return;
  }
  SimTime wake = kNever;
  while (in_flight() > 0) {
    planner_.begin(clock_.ceil_ns());
    batching_->plan(planner_);
    planner_.finish();
    Plan& plan = planner_.plan();
    preempted_ += plan.preempted;
    for (const Slot slot : plan.refused) {
      const bool produced = state_.requests[slot].generated > 0;
      finish(slot, produced ? RequestStatus::Failed : RequestStatus::Rejected, left);
    }
    if (buckets_.on()) {
      BucketRow& row = buckets_.at(now);
      row.preemptions += plan.preempted;
      row.running_max = std::max(row.running_max, state_.running.count());
      row.waiting_max = std::max(row.waiting_max, state_.waiting.count());
    }
    if (plan.has_work()) {
      start_run(plan);
      catch_up();
      return;
    }
    const bool was_behind = catch_up();
    // Law 6: who changes nothing would sleep for ever, unless a fetch or its scheduler wakes it.
    if (!plan.changed_queues() && !was_behind) {
      if (plan.wake_at > now && plan.wake_at != kNever) wake = plan.wake_at;
      if (state_.fetching > 0 || wake != kNever) break;
      throw LawBroken(6, now,
                      "replica " + std::to_string(id_) + " has " + std::to_string(in_flight()) +
                          " requests and plans nothing");
    }
  }
  catch_up();
  next_end_ = wake;
  idle_clock_.begin(clock_.ceil_ns());
}

// A plan was made: the next one sees what has come and gone since. True when there was anything.
bool Replica::catch_up() {
  if (state_.unseen == 0 && state_.leaving.empty()) return false;
  state_.unseen = 0;
  for (const Slot slot : state_.leaving) give_back(slot);
  state_.leaving.clear();
  return true;
}

std::int64_t Replica::longest_run(const Plan& plan) {
  const bool behind = state_.unseen > 0 || !state_.leaving.empty() || gone_ > 0;
  const bool repeats = plan.chunks.empty() && plan.parked.empty() && plan.preempted == 0 &&
                       !plan.every_step && plan.until != Until::NextStep && !behind && !stepwise_ &&
                       !step_rows_ && !planner_.may_be_found_soon();
  if (!repeats) return 1;
  const Line& ticks = run_.price.ticks;
  const Int128 longest_step = Int128{ticks.slope} * kLongestRun + ticks.first;
  const auto in_time =
      static_cast<std::int64_t>(kLongestRunTicks / std::max<Int128>(1, longest_step));
  std::uint64_t steps =
      static_cast<std::uint64_t>(std::min({run_.price.steps, kLongestRun, in_time}));
  steps = std::min(steps, state_.decoding.steps_to_completion());
  steps = std::min(
      {steps, plan.most_steps, state_.decoding.steps_to_turn(), state_.decoding.longest().steps});
  // Blocks of the first step are taken already.
  const std::uint64_t blocks = std::uint64_t{state_.pool.quiet()} + state_.decoding.crossings_at(0);
  const std::uint64_t usable = blocks > plan.spare ? blocks - plan.spare : 0;
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(state_.decoding.steps_that_fit(usable, steps)));
}

void Replica::start_run(const Plan& plan) {
  idle_clock_.end(clock_.ceil_ns());
  for (const Slot slot : plan.parked) state_.end_decode(slot);
  const DecodeSet& decoding = state_.decoding;
  Batch batch;
  if (plan.decodes) {
    batch.decodes = decoding.count();
    batch.kv_tokens = decoding.kv_tokens();
    const DecodeSet::Longest longest = decoding.longest();
    batch.longest = longest.tokens;
    batch.longest_grows = longest.grows;
    batch.flat = decoding.count() - decoding.reading_more();
    batch.held_tokens = decoding.held_tokens();
    batch.holding_more = decoding.holding_more();
  }
  batch.prefill = plan.chunks;
  work_.clear();
  work_.growing = batch.growing();
  work_.kv_tokens = batch.kv_tokens;
  step_cost_->work(batch, work_);
  power_->price(work_, run_.price);
  const bool standby = attribution_ == Attribution::Shapley;
  if (!standby) run_.price.kv.standby = 0;
  if (power_->known() && !plan.chunks.empty()) {
    power_->divide(work_, standby, division_);
    shares_.set(attribution_, batch.decodes, plan.chunks);
  }

  run_.start = clock_;
  run_.done = 0;
  run_.taken = 1;
  run_.decodes = batch.decodes;
  run_.sequences = batch.decodes + static_cast<std::uint32_t>(plan.chunks.size());
  run_.prefill_tokens = static_cast<std::uint32_t>(batch.prefill_tokens());
  run_.chunk_kv = 0;
  for (const PrefillChunk& chunk : plan.chunks) run_.chunk_kv += chunk.before;
  run_.kind = plan.chunks.empty() ? StepKind::Decode
              : plan.decodes      ? StepKind::Mixed
                                  : StepKind::Prefill;
  run_.steps = longest_run(plan);
  run_.preempted = std::exchange(preempted_, 0);
  run_.waiting = state_.waiting.count();
  active_ = true;
  next_end_ = run_.start.plus(run_.price.ticks.sum(run_.steps)).ceil_ns();
  if (plan.wake_at != kNever) plan_anew_after(steps_before(plan.wake_at));
}

void Replica::settle(SimTime t) {
  if (!active_) {
    idle_clock_.book(t);
    return;
  }
  const std::int64_t ended =
      steps_within(run_.price.ticks, ticks_until(run_.start, t), run_.steps - 1);
  if (ended > run_.done) advance(ended - run_.done);
}

void Replica::end_run(Departures& left) {
  if (!active_) {  // awake, or at the instant that the scheduler asked for
    if (idle_clock_.waking()) idle_clock_.end(next_end_);
    return;
  }
  advance(run_.steps - run_.done);
  active_ = false;
  just_ended_ = true;
  ending_.clear();
  if (run_.decodes > 0) {
    state_.turn_decodes();
    state_.decoding.completed(ending_);
  }
  emit_tokens();
  for (const Slot slot : planner_.plan().parked) state_.begin_decode(slot);
  // In running order, so that their blocks are freed in it.
  std::sort(ending_.begin(), ending_.end(), [this](Slot a, Slot b) {
    return state_.requests[a].serial < state_.requests[b].serial;
  });
  for (const Slot slot : ending_) finish(slot, RequestStatus::Finished, left);
  if (gone_ > 0) dismiss_gone(left);
  if (failing_) drop_all(left);
}

void Replica::emit_tokens() {
  const Plan& plan = planner_.plan();
  const SimTime now = clock_.ceil_ns();
  for (std::size_t i = 0; i < plan.chunks.size(); ++i) {
    const PrefillChunk& chunk = plan.chunks[i];
    const Slot slot = plan.owners[i].slot;
    Request& request = state_.requests[slot];
    if (power_->known()) charge_chunk(i, request);
    if (!chunk.samples) continue;
    --state_.prefilling;
    if (request.output > 0) {
      ++request.generated;
      ++ledger_.output_tokens;
      if (request.first_token < 0) {
        request.first_token = now;
      } else {
        ledger_.itl.add(clock_.ticks_since(request.last_token));
      }
      request.last_token = clock_;
    }
    if (request.generated >= request.output) {
      ending_.push_back(slot);
    } else {
      request.stage = Stage::Decode;
      if (request.ids > request.named) ++state_.naming_decodes;
      state_.begin_decode(slot);
    }
  }
}

void Replica::finish(Slot slot, RequestStatus status, Departures& left) {
  Request& request = state_.requests[slot];
  const SimTime now = clock_.ceil_ns();
  const bool ended = status == RequestStatus::Finished;
  if (ended && now > request.leaves) status = RequestStatus::Cancelled;
  if (request.gone != kNever && --gone_ == 0) hung_up_.clear();
  request.gone = kNever;
  if (request.stage == Stage::Decode) {
    state_.end_decode(slot);
    if (request.ids > request.named) --state_.naming_decodes;
  }
  if (request.stage != Stage::Waiting) state_.running.remove(slot);
  left.push_back(request.row(status, pool_, id_, now));
  if (!power_->known()) left.back().energy_nj = -1;
  if (state_.audit != nullptr) state_.audit->finish(slot, left.back());
  ledger_.picojoules_unattributed -= request.picojoules;
  if (status == RequestStatus::Failed || status == RequestStatus::Cancelled) {
    ledger_.picojoules_wasted += request.picojoules - request.picojoules_wasted;
  }
  ledger_.finished += status == RequestStatus::Finished ? 1 : 0;
  ledger_.rejected += status == RequestStatus::Rejected ? 1 : 0;
  ledger_.failed += status == RequestStatus::Failed ? 1 : 0;
  ledger_.cancelled += status == RequestStatus::Cancelled ? 1 : 0;
  if (buckets_.on() && status == RequestStatus::Finished) ++buckets_.at(now).finished;
  if (plans_ahead_ && ended) {
    state_.leaving.push_back(slot);
  } else {
    give_back(slot);
  }
}

void Replica::drain(Departures& left) {
  const auto leave = [&](Slot slot) {
    Request& request = state_.requests[slot];
    if (request.stage == Stage::Decode) state_.end_decode(slot);
    RequestRow row = request.row(RequestStatus::InFlight, pool_, id_, -1);
    if (!power_->known()) row.energy_nj = -1;
    if (state_.audit != nullptr) state_.audit->finish(slot, row);
    ledger_.picojoules_unattributed -= request.picojoules;
    ++ledger_.in_flight;
    left.push_back(row);
  };
  if (active_) {
    allocate_step_under_way();
    for (const Slot slot : planner_.plan().parked) state_.begin_decode(slot);
  }
  ledger_.evictions += state_.pool.evictions();
  for (std::size_t i = 0; i < ledger_.tiers.size(); ++i) {
    ledger_.tiers[i].evictions += state_.pool.below()->tier(i).evictions();
  }
  for (Slot slot = state_.running.first(); slot != kNoSlot; slot = state_.requests[slot].next) {
    leave(slot);
  }
  for (Slot slot = state_.waiting.first(); slot != kNoSlot; slot = state_.waiting.after(slot)) {
    leave(slot);
  }
}

}  // namespace kvern
