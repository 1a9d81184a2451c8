// What the steps of a run leave behind: blocks, tokens, gaps, time and joules, each in closed form
// over the steps; cutting a run anywhere changes nothing. Then who leaves between two steps before
// the answer is whole (the client hangs up, the replica fails), and the law over what is held.
#include <fmt/format.h>

#include <algorithm>

#include "sim/replica/replica.h"

namespace kvern {

void Replica::advance(std::int64_t steps) {
  const Line& ticks = run_.price.ticks;
  while (steps > 0) {
    std::int64_t now = steps;
    if ((buckets_.on() || power_bins_ != nullptr) && steps > 1) {
      // As many as end in the bucket in which the next one ends.
      const Instant next = run_.start.plus(ticks.sum(run_.done + 1));
      SimTime edge = buckets_.on() ? buckets_.edge_after(next.ceil_ns()) : kNever;
      if (power_bins_ != nullptr) edge = std::min(edge, power_bins_->edge_after(next.ceil_ns()));
      if (edge - run_.start.ns < (std::int64_t{1} << 40)) {
        const std::int64_t limit = ((edge - 1 - run_.start.ns) << kTickBits) - run_.start.ticks;
        now = std::min(steps, steps_within(ticks, limit, run_.steps) - run_.done);
      }
    }
    advance_in_bucket(now);
    steps -= now;
  }
}

void Replica::advance_in_bucket(std::int64_t steps) {
  const Instant from = clock_;
  const Instant end = from.plus(run_.price.ticks.sum(run_.done, steps));
  allocate_ahead(steps);
  book_tokens(steps, end);
  const Int128 ticks = end.ticks_since(from);
  ledger_.busy_ticks += ticks;
  (run_.kind == StepKind::Decode  ? ledger_.steps_decode
   : run_.kind == StepKind::Mixed ? ledger_.steps_mixed
                                  : ledger_.steps_prefill) += static_cast<std::uint64_t>(steps);
  charge(steps, from.ceil_ns(), end.ceil_ns());
  if (buckets_.on()) book_bucket(steps, from.ceil_ns(), end.ceil_ns());
  if (step_rows_) write_step(from.ceil_ns(), end.ceil_ns());
  if (run_.decodes > 0) state_.decoding.advance(static_cast<std::uint64_t>(steps));
  run_.done += steps;
  clock_ = end;
}

// Blocks of the steps ahead, in the order and at the instants of single steps. The first step of a
// run has its blocks since it was planned.
void Replica::allocate_ahead(std::int64_t steps) {
  const Line& ticks = run_.price.ticks;
  const DecodeSet& decoding = state_.decoding;
  const auto block_size = static_cast<std::int64_t>(state_.pool.block_size());
  const std::int64_t first = run_.taken - run_.done;
  run_.taken = run_.done + steps;
  ledger_.used_block_ticks += Int128{state_.pool.used()} * ticks.sum(run_.done, steps);
  if (run_.decodes > 0 && first < steps) {
    std::uint32_t blocks = 0;
    for (std::int64_t j = first; j < std::min(steps, first + block_size); ++j) {
      const std::uint32_t here = decoding.crossings_at(static_cast<std::uint64_t>(j));
      if (here == 0) continue;
      for (std::int64_t k = j; k < steps; k += block_size) {
        blocks += here;
        ledger_.used_block_ticks += Int128{here} * ticks.sum(run_.done + k, steps - k);
      }
    }
    if (!state_.pool.names_blocks()) {
      state_.pool.grow_counted(blocks);
    } else {
      const bool changes = blocks > 0 || state_.naming_decodes > 0;
      for (std::int64_t j = first; changes && j < steps; ++j) {
        state_.grow_and_name(static_cast<std::uint64_t>(j),
                             run_.start.plus(ticks.sum(run_.done + j)).ceil_ns());
      }
    }
  }
  used_at_end_ = state_.pool.used();
  resident_at_end_ = state_.pool.resident();
  ledger_.used_blocks_max = std::max(ledger_.used_blocks_max, used_at_end_);
}

// A run that was stopped inside a jump: the step under way has its blocks, as if planned alone.
void Replica::allocate_step_under_way() {
  if (run_.taken > run_.done || run_.decodes == 0) return;
  run_.taken = run_.done + 1;
  if (state_.pool.names_blocks()) {
    state_.grow_and_name(0, clock_.ceil_ns());
  } else {
    state_.pool.grow_counted(state_.decoding.crossings_at(0));
  }
}

// Lower tiers hear of names as they are given: those of the steps that began before `now`, before
// anything that happens there now.
void Replica::name_before(SimTime now) {
  if (!active_ || run_.decodes == 0 || state_.naming_decodes == 0) return;
  const std::int64_t ended = steps_before(now);
  if (ended > run_.done) advance(ended - run_.done);
  allocate_step_under_way();
}

void Replica::book_tokens(std::int64_t steps, Instant end) {
  const auto count = static_cast<std::uint64_t>(steps);
  ledger_.sequence_steps += count * run_.sequences;
  ledger_.prefill_tokens += count * run_.prefill_tokens;
  ledger_.kv_token_steps += run_.chunk_kv;
  if (run_.decodes == 0) return;
  ledger_.decode_tokens += count * run_.decodes;
  ledger_.output_tokens += count * run_.decodes;
  const Line kv{static_cast<std::int64_t>(state_.decoding.kv_tokens()),
                state_.decoding.reading_more()};
  ledger_.kv_token_steps += kv.sum(steps);
  const Line& ticks = run_.price.ticks;
  std::int64_t from = run_.done;
  if (from == 0) {
    state_.decoding.tokens_at(run_.start.plus(ticks.first), ledger_.itl);
    from = 1;
  }
  ledger_.itl.add_run(ticks.at(from), ticks.slope, run_.done + steps - from, run_.decodes);
  state_.decoding.tokens_last_at(end);
}

void Replica::charge(std::int64_t steps, SimTime from, SimTime end) {
  if (!power_->known()) return;
  PartSums parts{};
  std::int64_t sum = 0;
  for (std::size_t part = 0; part < kEnergyParts; ++part) {
    const Line& line = run_.price.picojoules[part];
    if (line.first == 0 && line.slope == 0) continue;
    parts[part] = line.sum(run_.done, steps);
    ledger_.picojoules[part] += parts[part];
    sum += parts[part];
  }
  ledger_.picojoules_unattributed += sum;
  step_picojoules_ = sum;
  if (buckets_.on()) buckets_.energy(end, sum);
  if (power_bins_ != nullptr) {
    power_bins_->busy(from, end);
    power_bins_->spread(from, end, sum);
  }

  // What decodes read is theirs, token by token; chunks are charged when their step has ended.
  const DecodeSet& decoding = state_.decoding;
  const KvShare& kv = run_.price.kv;
  const std::int64_t rate = kv.arithmetic + kv.bytes + kv.standby;
  const std::int64_t kv_tokens =
      run_.decodes == 0
          ? 0
          : Line{static_cast<std::int64_t>(decoding.kv_tokens()), decoding.reading_more()}.sum(
                steps);
  if (run_.decodes > 0) state_.meter.add_kv(0, rate, decoding.step(), steps);
  const std::int64_t rest = sum - rate * kv_tokens;
  if (run_.prefill_tokens == 0) {
    state_.meter.add(0, rest, run_.decodes);
    if (state_.audit == nullptr) return;
    state_.audit->decode_steps(parts, kv, kv_tokens, run_.decodes, decoding.step(), steps);
    return;
  }
  caused_ = {};
  for (const Caused& own : division_) {
    caused_.tokens += own.tokens, caused_.samples += own.samples;
    caused_.pairs += own.pairs, caused_.reads += own.reads;
  }
  together_ = rest - caused_.tokens - caused_.samples - caused_.pairs - caused_.reads;
  const std::int64_t to_decodes = run_.decodes > 0 ? shares_.decodes(together_, caused_) : 0;
  if (run_.decodes > 0) state_.meter.add(0, to_decodes, run_.decodes);
  chunks_left_ = rest - to_decodes;
  if (state_.audit == nullptr) return;
  state_.audit->mixed_step(parts, kv, kv_tokens, run_.decodes, decoding.step(), division_, shares_);
}

void Replica::charge_chunk(std::size_t i, Request& request) {
  const Plan& plan = planner_.plan();
  const std::size_t count = plan.chunks.size();
  const std::int64_t paid = i + 1 == count ? chunks_left_ : shares_.chunk(i, together_, caused_);
  chunks_left_ -= paid;
  const double again =
      static_cast<double>(plan.owners[i].recomputed) / static_cast<double>(plan.chunks[i].tokens);
  const auto wasted = static_cast<std::int64_t>(static_cast<double>(paid) * again);
  request.picojoules += paid;
  request.picojoules_wasted += wasted;
  ledger_.picojoules_wasted += wasted;
  if (state_.audit == nullptr) return;
  state_.audit->chunk(plan.owners[i].slot, i, count, division_, shares_, again);
}

void Replica::book_bucket(std::int64_t steps, SimTime from, SimTime end) {
  buckets_.busy(from, end);
  BucketRow& row = buckets_.at(end);
  const auto count = static_cast<std::uint64_t>(steps);
  row.steps += count;
  row.prefill_tokens += count * run_.prefill_tokens;
  row.decode_tokens += count * run_.decodes;
  row.sequence_steps += count * run_.sequences;
  row.kv_token_steps += run_.chunk_kv;
  if (run_.decodes > 0) {
    const Line kv{static_cast<std::int64_t>(state_.decoding.kv_tokens()),
                  state_.decoding.reading_more()};
    row.kv_token_steps += static_cast<std::uint64_t>(kv.sum(steps));
  }
  row.blocks_used_max = std::max(row.blocks_used_max, used_at_end_);
  row.blocks_resident_max = std::max(row.blocks_resident_max, resident_at_end_);
  row.evictions += static_cast<std::uint32_t>(state_.pool.evictions() - evictions_booked_);
  evictions_booked_ = state_.pool.evictions();
}

SimTime Replica::mark_bucket(SimTime t) {
  BucketRow& row = buckets_.at(t);
  row.waiting_max = std::max(row.waiting_max, state_.waiting.count());
  row.running_max = std::max(row.running_max, state_.running.count());
  row.blocks_used_max = std::max(row.blocks_used_max, active_ ? used_at_end_ : 0);
  row.blocks_resident_max =
      std::max(row.blocks_resident_max, active_ ? resident_at_end_ : state_.pool.resident());
  return active_ ? clock_.ceil_ns() : kNever;
}

void Replica::write_step(SimTime from, SimTime end) {
  StepRow row;
  row.replica = id_;
  row.kind = run_.kind;
  row.start_ns = from;
  row.end_ns = end;
  row.sequences = run_.sequences;
  row.prefill_tokens = run_.prefill_tokens;
  row.blocks_used = used_at_end_;
  row.running = state_.running.count();
  row.waiting = run_.waiting;
  row.preempted = run_.preempted;
  row.kv_tokens_read = run_.chunk_kv + (run_.decodes > 0 ? state_.decoding.kv_tokens() : 0);
  row.energy_nj = power_->known() ? step_picojoules_ / 1000 : -1;
  records_.step(row);
}

void Replica::hang_up(Slot slot, SimTime now, Departures& left) {
  Request& request = state_.requests[slot];
  request.gone = now;
  ++gone_;
  hung_up_.push_back({slot, request.id});
  if (active_) {
    plan_anew_after(steps_before(now));
    return;
  }
  if (just_ended_ && plans_ahead_) return;
  if (request.fetch == Fetch::UnderWay) return;                  // leaves when its blocks have come
  if (!just_ended_) clock_ = std::max(clock_, Instant{now, 0});  // it is waking
  dismiss(slot, RequestStatus::Cancelled, left);
}

void Replica::fail(SimTime now, Departures& left) {
  if (active_) {
    failing_ = true;
    // Whatever was planned ahead, nothing follows the step under way.
    run_.steps = std::min(run_.steps, std::max(steps_before(now) + 1, run_.done));
    next_end_ = run_.start.plus(run_.price.ticks.sum(run_.steps)).ceil_ns();
    return;
  }
  if (!just_ended_) clock_ = std::max(clock_, Instant{now, 0});
  drop_all(left);
}

void Replica::drop_all(Departures& left) {
  failing_ = false;
  while (state_.running.count() > 0) dismiss(state_.running.first(), RequestStatus::Failed, left);
  while (!state_.waiting.empty()) dismiss(state_.waiting.front(), RequestStatus::Failed, left);
  catch_up();
  state_.pool.lose_all(clock_.ceil_ns());
}

// At a run's end: those who run in running order, then those who wait in theirs.
void Replica::dismiss_gone(Departures& left) {
  const SimTime latest_start = run_.start.plus(run_.price.ticks.sum(run_.steps - 1)).ceil_ns();
  noticed_.clear();
  std::erase_if(hung_up_, [&](const Gone& gone) {
    const Request& request = state_.requests[gone.slot];
    if (request.id != gone.request || request.gone == kNever) return true;
    if (request.fetch == Fetch::UnderWay) return false;
    if (plans_ahead_ && request.gone > latest_start) return false;
    noticed_.push_back(gone.slot);
    return true;
  });
  std::sort(noticed_.begin(), noticed_.end(), [this](Slot a, Slot b) {
    const Request &one = state_.requests[a], &other = state_.requests[b];
    const bool waits = one.stage == Stage::Waiting;
    if (waits != (other.stage == Stage::Waiting)) return !waits;
    return waits ? one.place < other.place : one.serial < other.serial;
  });
  for (const Slot slot : noticed_) dismiss(slot, RequestStatus::Cancelled, left);
}

void Replica::dismiss(Slot slot, RequestStatus status, Departures& left) {
  const Stage stage = state_.requests[slot].stage;
  if (stage == Stage::Prefill) --state_.prefilling;
  if (stage == Stage::Waiting) state_.waiting.remove(slot);
  if (state_.requests[slot].fetch == Fetch::Held) --state_.holding;
  std::erase(fresh_, slot);
  finish(slot, status, left);
}

void Replica::give_back(Slot slot) {
  state_.pool.release(state_.requests[slot], false, clock_.ceil_ns());
  state_.requests.give_back(slot);
}

// What running requests hold, each one's blocks worked out from its own tokens.
std::uint32_t Replica::blocks_counted_anew() const {
  std::uint32_t blocks = 0;
  const auto parked = [this](Slot slot) {
    const auto& all = planner_.plan().parked;
    return active_ && std::find(all.begin(), all.end(), slot) != all.end();
  };
  for (Slot slot = state_.running.first(); slot != kNoSlot; slot = state_.requests[slot].next) {
    const Request& request = state_.requests[slot];
    const bool counts = request.stage == Stage::Decode && !parked(slot);
    blocks += counts ? state_.decoding.blocks(slot) : request.held;
  }
  // The step under way has its blocks since it was planned; later steps of a run get theirs ahead.
  if (active_ && run_.decodes > 0 && run_.done == 0) blocks += state_.decoding.crossings_at(0);
  return blocks;
}

std::string Replica::broken_law() const {
  if (!state_.pool.names_blocks() && blocks_counted_anew() != state_.pool.used()) {
    return fmt::format("requests hold {} blocks, {} are counted", blocks_counted_anew(),
                       state_.pool.used());
  }
  std::uint32_t naming = 0;
  for (Slot slot = state_.running.first(); slot != kNoSlot; slot = state_.requests[slot].next) {
    const Request& request = state_.requests[slot];
    naming += request.stage == Stage::Decode && request.named < request.ids ? 1 : 0;
  }
  if (naming != state_.naming_decodes) {
    return fmt::format("{} decodes have names for blocks to come, {} are counted", naming,
                       state_.naming_decodes);
  }
  std::string broken = state_.decoding.broken_law();
  return broken.empty() ? state_.pool.broken_law() : broken;
}

}  // namespace kvern
