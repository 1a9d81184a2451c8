// Clients that hang up: their requests leave where a real engine notices, between two steps.
#include <algorithm>

#include "sim/replica/replica.h"

namespace kvern {

void Replica::hang_up(RequestId id, SimTime now, Departures& left) {
  Slot slot = state_.running.first();
  while (slot != kNoSlot && state_.requests[slot].id != id) slot = state_.requests[slot].next;
  for (std::uint32_t i = 0; slot == kNoSlot; ++i) {
    const Slot waiting = state_.waiting.at(i);
    if (state_.requests[waiting].id == id) slot = waiting;
  }
  state_.requests[slot].gone = now;
  ++gone_;
  if (active_) {
    plan_anew_after(steps_before(now));
    return;
  }
  if (just_ended_ && plans_ahead_) return;
  if (state_.requests[slot].fetch == Fetch::UnderWay) return;    // leaves when its blocks have come
  if (!just_ended_) clock_ = std::max(clock_, Instant{now, 0});  // it is waking
  dismiss(slot, left);
}

// At a run's end.
void Replica::dismiss_gone(Departures& left) {
  const SimTime latest_start = run_.start.plus(run_.price.ticks.sum(run_.steps - 1)).ceil_ns();
  const auto noticed = [&](Slot slot) {
    if (state_.requests[slot].fetch == Fetch::UnderWay) return false;
    const SimTime gone = state_.requests[slot].gone;
    return plans_ahead_ ? gone <= latest_start : gone != kNever;
  };
  for (Slot slot = state_.running.first(); slot != kNoSlot;) {
    const Slot next = state_.requests[slot].next;
    if (noticed(slot)) dismiss(slot, left);
    slot = next;
  }
  for (std::uint32_t i = 0; i < state_.waiting.count();) {
    const Slot slot = state_.waiting.at(i);
    if (noticed(slot)) {
      dismiss(slot, left);
    } else {
      ++i;
    }
  }
}

void Replica::dismiss(Slot slot, Departures& left) {
  const Stage stage = state_.requests[slot].stage;
  if (stage == Stage::Prefill) --state_.prefilling;
  if (stage == Stage::Waiting) state_.waiting.remove(slot);
  if (state_.requests[slot].fetch == Fetch::Held) --state_.holding;
  std::erase(fresh_, slot);
  finish(slot, RequestStatus::Cancelled, left);
}

}  // namespace kvern
