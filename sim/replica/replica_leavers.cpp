// Requests that leave before their answer: their clients hang up, or the replica fails. Either is
// noticed between two steps.
#include <algorithm>

#include "sim/replica/replica.h"

namespace kvern {

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

}  // namespace kvern
