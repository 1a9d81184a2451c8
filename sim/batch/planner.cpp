#include "sim/batch/planner.h"

#include <algorithm>
#include <string>

#include "sim/law.h"
#include "sim/ports/preemption.h"

namespace kvern {

void ReplicaState::mark_joules(Slot slot) {
  requests[slot].energy_mark = meter.read();
  if (audit != nullptr) audit->join(slot);
}

void ReplicaState::charge_joules(Slot slot) {
  Request& request = requests[slot];
  const KvReads reads = decoding.reads(slot);
  meter.read();
  request.picojoules +=
      meter.shared_since(request.energy_mark, 0) + meter.kv_since(request.energy_mark, 0, reads);
  if (audit != nullptr) audit->leave(slot, reads);
}

void ReplicaState::begin_decode(Slot slot) {
  mark_joules(slot);
  decoding.join(slot);
  // After a prefill: what the token policy evicts of the prompt.
  if (!decoding.token_policy()) return;
  pool.give_back_counted(requests[slot].held - decoding.blocks(slot));
}

void ReplicaState::end_decode(Slot slot) {
  charge_joules(slot);
  decoding.leave(slot);
}

void ReplicaState::turn_decodes() {
  if (!decoding.token_policy()) return;
  for (Slot slot = decoding.take_turn(); slot != kNoSlot; slot = decoding.take_turn()) {
    charge_joules(slot);
    pool.give_back_counted(decoding.turn(slot));
    mark_joules(slot);
  }
}

void ReplicaState::name_decoded(Slot slot, std::uint32_t full, SimTime now) {
  Request& request = requests[slot];
  if (request.named == request.ids) return;
  pool.name_full(request, full, now);
  if (request.named == request.ids) --naming_decodes;
}

void ReplicaState::grow_and_name(std::uint64_t ahead, SimTime now) {
  Slot starts = decoding.first_crossing(ahead);
  // A block that is full after a step is one whose sequence starts another in the step after.
  Slot fills = naming_decodes > 0 ? decoding.first_crossing(ahead + 1) : kNoSlot;
  while (starts != kNoSlot || fills != kNoSlot) {
    const bool start = fills == kNoSlot ||
                       (starts != kNoSlot && requests[starts].serial <= requests[fills].serial);
    if (start) {
      pool.grow(requests[starts], 1, now);
      starts = requests[starts].residue_next;
    } else {
      const std::uint64_t after = decoding.computed(requests[fills]) + ahead + 1;
      name_decoded(fills, static_cast<std::uint32_t>(after / pool.block_size()), now);
      fills = requests[fills].residue_next;
    }
  }
}

Planner::Planner(ReplicaState& state, Ledger& ledger, bool bulk)
    : state_(state), ledger_(ledger), bulk_(bulk) {
  total_blocks_ = state_.pool.capacity();
  block_size_ = state_.pool.block_size();
  prefix_cache_ = state_.pool.names_blocks();
  has_tiers_ = state_.pool.below() != nullptr;
}

void Planner::show() {
  waiting_ = state_.waiting.count() - state_.unseen;
  running_ = state_.running.count() + static_cast<std::uint32_t>(state_.leaving.size());
  decodes_ = state_.decoding.count();
  prefilling_ = state_.prefilling;
  free_blocks_ = state_.pool.free();
  preempted_ = plan_.preempted;
  has_work_ = plan_.has_work();
}

void Planner::begin(SimTime now) {
  now_ = now;
  ++number_;
  decodes_planned_ = 0;
  plan_.owners.clear();
  plan_.chunks.clear();
  plan_.decodes = false;
  plan_.parked.clear();
  plan_.refused.clear();
  plan_.preempted = 0;
  plan_.spare = 0;
  plan_.until = Until::Arrival;
  plan_.most_steps = UINT64_MAX;
  plan_.wake_at = kNever;
  // What is written through to a tier sets out when the step that filled it is over.
  plan_.every_step = state_.naming_decodes > 0 && state_.pool.below() != nullptr &&
                     state_.pool.below()->tier(0).writes_through();
  missed_.clear();
  show();
}

void Planner::finish() {
  if (plan_.decodes || decodes_planned_ == 0) return;
  plan_.decodes = true;
  if (decodes_planned_ == state_.decoding.count()) return;
  for (Slot slot = first_running(); slot != kNoSlot; slot = next_running(slot)) {
    if (decoding(slot) && state_.requests[slot].planned != number_) plan_.parked.push_back(slot);
  }
}

void Planner::valid_for(Until event, std::uint64_t steps) {
  plan_.until = event;
  plan_.most_steps = std::max<std::uint64_t>(1, steps);
}

RequestView Planner::request(Slot slot) const {
  const Request& request = state_.requests[slot];
  RequestView view;
  view.id = request.id;
  view.arrival = request.arrival;
  view.prompt_tokens = request.prompt;
  view.tenant = request.tenant;
  view.category = request.category;
  view.session = request.session;
  view.priority = request.priority;
  view.foretell(request.max_tokens, saw_outputs_);
  if (request.declares) view.declare(request.max_tokens);
  const std::size_t in_prompt = request.prompt / block_size_;  // no id of the answer
  view.blocks = std::span(request.block_ids).first(std::min(request.block_ids.size(), in_prompt));
  return view;
}

Standing Planner::standing(Slot slot) const {
  const Request& request = state_.requests[slot];
  if (request.stage == Stage::Decode) {
    const std::uint32_t generated = state_.decoding.generated(request);
    return {request.prompt + generated, state_.decoding.computed(request), true, false};
  }
  return {request.tokens(), request.computed, false, request.fetch == Fetch::UnderWay};
}

Slot Planner::find_first_prefilling() const {
  Slot slot = last_running();
  for (std::uint32_t i = 1; i < state_.prefilling; ++i) slot = state_.requests[slot].previous;
  return slot;
}

std::uint32_t Planner::computed(Slot slot) const {
  const Request& request = state_.requests[slot];
  return decoding(slot) ? state_.decoding.computed(request) : request.computed;
}

bool Planner::decodes_lead() const {
  Slot slot = last_running();
  for (std::uint32_t i = 0; i < state_.prefilling; ++i) {
    if (decoding(slot)) return false;
    slot = state_.requests[slot].previous;
  }
  return true;
}

bool Planner::decodes_fit(std::uint32_t spare) const {
  if (state_.decoding.count() == 0) return true;
  const std::uint32_t crossings = state_.decoding.crossings_at(0);
  if (spare == 0) return crossings <= state_.pool.free();
  // The last decode needs the spare blocks too, after those before it have taken theirs.
  Slot last = last_running();
  while (!decoding(last)) last = state_.requests[last].previous;
  const std::uint32_t own = state_.decoding.crosses(last) ? 1 : 0;
  return crossings - own + spare <= state_.pool.free();
}

bool Planner::decode_all(std::int64_t budget, std::uint32_t spare, const Preemption* rule) {
  plan_.spare = spare;
  if (!bulk_) return false;
  if (state_.decoding.count() > budget || !decodes_lead()) return false;
  if (!decodes_fit(spare)) {
    const bool asks = rule != nullptr && rule->victims() == Victims::Asked;
    if (prefix_cache() || asks) return false;
    while (!decodes_fit(spare)) stop(last_running());
  }
  if (state_.decoding.count() > 0) {
    plan_.decodes = true;
    if (prefix_cache()) {
      state_.grow_and_name(0, now_);
    } else {
      state_.pool.grow_counted(state_.decoding.crossings_at(0));
    }
  }
  if (plan_.preempted > 0) show();
  free_blocks_ = state_.pool.free();
  has_work_ = plan_.has_work();
  return true;
}

bool Planner::allocate(Slot slot, std::uint32_t n) {
  Request& request = state_.requests[slot];
  const std::uint32_t before = computed(slot);
  std::uint32_t need = 0;
  if (decoding(slot)) {
    need = state_.decoding.crosses(slot) ? 1 : 0;
  } else {
    const std::uint32_t wanted = blocks_for(std::uint64_t{before} + n);
    need = wanted > request.held ? wanted - request.held : 0;
  }
  while (need > state_.pool.free()) {
    if (!give_up(0)) return false;
  }
  state_.pool.grow(request, need, now_);
  const std::uint32_t full = (before + n) / state_.pool.block_size();
  if (decoding(slot)) {
    state_.name_decoded(slot, full, now_);
  } else {
    request.held += need;
    state_.pool.name_full(request, full, now_);
  }
  show();
  return true;
}

void Planner::schedule(Slot slot, std::uint32_t n) {
  state_.requests[slot].planned = number_;
  if (decoding(slot)) {
    ++decodes_planned_;
  } else {
    add_chunk(slot, n);
  }
  show();
}

void Planner::add_chunk(Slot slot, std::uint32_t n) {
  Request& request = state_.requests[slot];
  const std::uint32_t again =
      request.highest > request.computed ? std::min(n, request.highest - request.computed) : 0;
  const std::uint32_t end = request.computed + n;
  plan_.chunks.push_back({n, request.computed, end == request.known});
  plan_.owners.push_back({slot, again});
  request.recomputed += again;
  ledger_.recomputed_tokens += again;
  request.computed = end;
}

// What it had been given of this step, which is not computed after all.
std::uint32_t Planner::take_out(Slot slot) {
  Request& request = state_.requests[slot];
  std::uint32_t tokens = 0;
  if (decoding(slot)) {
    if (!plan_.decodes && request.planned != number_) return 0;
    if (!plan_.decodes) --decodes_planned_;
    if (!prefix_cache() && state_.decoding.crosses(slot)) state_.pool.give_back_counted(1);
    tokens = 1;
  } else {
    if (request.planned != number_) return 0;
    std::size_t i = 0;
    while (plan_.owners[i].slot != slot) ++i;
    tokens = plan_.chunks[i].tokens;
    request.computed -= tokens;
    request.recomputed -= plan_.owners[i].recomputed;
    ledger_.recomputed_tokens -= plan_.owners[i].recomputed;
    plan_.chunks.erase(plan_.chunks.begin() + static_cast<std::ptrdiff_t>(i));
    plan_.owners.erase(plan_.owners.begin() + static_cast<std::ptrdiff_t>(i));
  }
  request.planned = 0;
  const bool all_named = request.named == request.ids;
  state_.pool.unname(request, computed(slot) / state_.pool.block_size());
  if (decoding(slot) && all_named && request.named < request.ids) ++state_.naming_decodes;
  return tokens;
}

// By recompute: its blocks are freed, it goes to the front of the queue.
void Planner::stop(Slot slot) {
  Request& request = state_.requests[slot];
  if (request.stage == Stage::Decode) {
    state_.end_decode(slot);
    if (request.ids > request.named) --state_.naming_decodes;
  } else {
    --state_.prefilling;
  }
  state_.running.remove(slot);
  request.highest = std::max(request.highest, request.computed);
  state_.pool.release(request, true, now_);
  request.stage = Stage::Waiting;
  // Two that preempt and fetch in turn would never come to an end: once between tokens is enough.
  request.fetch = request.generated + 1 > request.fetch_mark ? Fetch::None : Fetch::Spent;
  request.computed = 0;
  ++plan_.preempted;
  ++ledger_.preemptions;
  if (request.preemptions++ == 0) ++ledger_.preempted_requests;
  state_.waiting.push_front(slot);
  if (state_.decoding.count() == 0) plan_.decodes = false;
}

Preempted Planner::preempt(Slot slot) {
  const std::uint32_t tokens = take_out(slot);
  stop(slot);
  show();
  return {slot, tokens};
}

Preempted Planner::give_way(Preemption& rule, Slot own) {
  switch (rule.victims()) {
    case Victims::Engine:
      return preempt(own);
    case Victims::Newest:
      return preempt(last_running());
    case Victims::Asked:
      break;
  }
  const Slot victim = rule.victim(*this, own);
  const Request& request = state_.requests[victim];
  const std::uint32_t blocks = computed(victim) / state_.pool.block_size();
  const std::uint64_t bytes = std::uint64_t{blocks} * state_.pool.block_bytes();
  if (rule.how(state_.pool.recompute_ns(blocks), kNever, bytes) == PreemptBy::Swap) {
    throw LawBroken(6, now_,
                    "request " + std::to_string(index(request.id)) +
                        " is to be swapped out, and there is nowhere to go");
  }
  return preempt(victim);
}

void Planner::admit(std::uint32_t place, const PrefixHits& hits, std::uint32_t n,
                    std::uint64_t blocks_tokens) {
  const Slot slot = waiting_at(place);
  state_.waiting.remove_at(place);
  Request& request = state_.requests[slot];
  request.known = request.tokens();
  const bool first = request.first_scheduled < 0;
  if (first) request.first_scheduled = now_;
  if (prefix_cache()) {
    const std::uint32_t size = state_.pool.block_size();
    if (request.fetch == Fetch::Held) {
      --state_.holding;
    } else {
      state_.pool.take_hits(request, now_);
    }
    request.fetch = Fetch::None;
    request.computed = hits.blocks * size;
    (first ? request.cached : request.resumed) += request.computed;
    (first ? ledger_.cached_tokens : ledger_.resumed_tokens) += request.computed;
    if (first) {  // what a resumption finds again is its own
      ledger_.block_lookups += request.known / size;
      ledger_.block_hits += hits.blocks;
    }
  }
  if (first) ledger_.admitted_prompt_tokens += request.prompt;
  const std::uint32_t need = blocks_for(blocks_tokens) - request.held;
  state_.pool.grow(request, need, now_);
  request.held += need;
  request.stage = Stage::Prefill;
  ++state_.prefilling;
  state_.running.append(slot);
  request.planned = number_;
  state_.pool.name_full(request, (request.computed + n) / state_.pool.block_size(), now_);
  add_chunk(slot, n);
  show();
}

bool Planner::may_be_found_soon() const {
  if (missed_.empty() || state_.naming_decodes == 0) return false;
  for (Slot slot = first_running(); slot != kNoSlot; slot = next_running(slot)) {
    const Request& request = state_.requests[slot];
    if (!decoding(slot) || request.named == request.ids) continue;
    const auto next = request.block_ids.begin() + request.named;
    for (const std::uint32_t name : missed_) {
      if (name < request.lowest_answer_id || name > request.highest_answer_id) continue;
      if (std::find(next, request.block_ids.end(), name) != request.block_ids.end()) return true;
    }
  }
  return false;
}

void Planner::refuse(std::uint32_t place) {
  const Slot slot = waiting_at(place);
  if (state_.requests[slot].fetch == Fetch::Held) --state_.holding;
  plan_.refused.push_back(slot);
  state_.waiting.remove_at(place);
  show();
}

void Planner::requeue(std::uint32_t from, std::uint32_t to) { state_.waiting.move(from, to); }

}  // namespace kvern
