// Fetching from lower tiers, as vLLM waits for remote keys and values: the request keeps its place
// in the queue and is skipped until its blocks have come; then it holds them until it is admitted.
#include "sim/batch/planner.h"

namespace kvern {

void Planner::start_fetch(Slot slot, SimTime now) {
  Request& request = state_.requests[slot];
  request.fetch = Fetch::UnderWay;
  request.fetch_mark = request.generated + 1;
  ++state_.fetching;
  state_.pool.begin_fetch(request, slot, now);
}

PrefixHits Planner::find_hits(std::uint32_t place) {
  const Request& request = state_.requests[waiting_at(place)];
  if (request.fetch == Fetch::Held) return {request.held, 0};  // what it holds already
  const PrefixHits hits = state_.pool.lookup(request, request.tokens());
  if (state_.naming_decodes == 0) return hits;
  if (state_.pool.finds_any_block()) {  // any of those missing may come
    plan_.every_step = true;
  } else if (hits.blocks < request.ids) {
    missed_.push_back(request.block_ids[hits.blocks]);
  }
  return hits;
}

FetchStart Planner::begin_fetch(std::uint32_t place, std::uint32_t kept_free) {
  const Slot slot = waiting_at(place);
  const Request& request = state_.requests[slot];
  if (request.fetch != Fetch::None) return FetchStart::No;
  const FetchPlan& plan = state_.pool.plan_fetch(request, request.tokens());
  if (plan.fetched == 0) return FetchStart::No;
  if (std::uint64_t{plan.need} + kept_free > state_.pool.free()) return FetchStart::Short;
  start_fetch(slot, now_);
  show();
  return FetchStart::Started;
}

void Planner::prefetch(Slot slot, SimTime now) {
  const Request& request = state_.requests[slot];
  if (request.stage != Stage::Waiting || request.fetch != Fetch::None) return;
  state_.pool.lookup(request, request.tokens());
  const FetchPlan& plan = state_.pool.plan_fetch(request, request.tokens());
  if (plan.fetched > 0 && plan.prefetch && plan.need <= state_.pool.free()) {
    start_fetch(slot, now);
  }
}

// The last request of the queue, from that place on, that holds what it had fetched lets go of it:
// it stays cached, for whoever asks first.
bool Planner::give_up(std::uint32_t from) {
  if (state_.holding == 0) return false;
  Slot slot = state_.waiting.last();
  for (std::uint32_t i = state_.waiting.count(); i > from; --i) {
    Request& request = state_.requests[slot];
    slot = state_.waiting.before(slot);
    if (request.fetch != Fetch::Held) continue;
    request.fetch = Fetch::Spent;
    --state_.holding;
    state_.pool.release(request, true, now_);
    return true;
  }
  return false;
}

bool Planner::make_room(std::uint32_t place) {
  if (running() > 0 || plan_.has_work() || !give_up(place + 1)) return false;
  show();
  return true;
}

}  // namespace kvern
