// The frame of preemption rules that rank the running requests: whose rank is highest stops.
#pragma once

#include "sim/ports/step_planner.h"

namespace kvern {

// Of equals the one admitted first. `rank` of a RequestView is anything that compares.
template <class Rank>
Slot highest_ranked(const StepPlanner& replica, Rank rank) {
  Slot highest = replica.first_running();
  auto its = rank(replica.request(highest));
  for (Slot slot = replica.next_running(highest); slot != kNoSlot;
       slot = replica.next_running(slot)) {
    const auto other = rank(replica.request(slot));
    if (other > its) highest = slot, its = other;
  }
  return highest;
}

}  // namespace kvern
