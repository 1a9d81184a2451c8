// Fetching from lower tiers, as vLLM waits for remote keys and values: the request keeps its place
// in the queue and is skipped until its blocks have come; then it holds them until it is admitted.
#include "sim/batch/planner.h"

namespace kvern {

void Planner::begin_fetch(Slot slot, SimTime now) {
  Request& request = state_.requests[slot];
  request.fetch = Fetch::UnderWay;
  request.fetch_mark = request.generated + 1;
  ++state_.fetching;
  state_.pool.begin_fetch(request, slot, now);
}

FetchStart Planner::fetch_head(std::uint32_t kept_free) {
  if (state_.pool.below() == nullptr) return FetchStart::No;
  const Request& request = state_.requests[head()];
  if (request.fetch != Fetch::None) return FetchStart::No;
  const FetchPlan& plan = state_.pool.plan_fetch(request, request.tokens());
  if (plan.fetched == 0) return FetchStart::No;
  if (std::uint64_t{plan.need} + kept_free > free_blocks()) return FetchStart::Short;
  begin_fetch(head(), now_);
  skip_head();
  return FetchStart::Started;
}

void Planner::prefetch(Slot slot, SimTime now) {
  const Request& request = state_.requests[slot];
  if (request.stage != Stage::Waiting || request.fetch != Fetch::None) return;
  state_.pool.lookup(request, request.tokens());
  const FetchPlan& plan = state_.pool.plan_fetch(request, request.tokens());
  if (plan.fetched > 0 && plan.prefetch && plan.need <= free_blocks()) begin_fetch(slot, now);
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

bool Planner::make_room() { return running() == 0 && !plan_.has_work() && give_up(skipped_ + 1); }

}  // namespace kvern
