#include "sim/batch/held_runs.h"

namespace kvern {

HeldRun HeldRuns::begin(Slot slot, const Request& request, std::uint32_t computed,
                        std::uint64_t step) {
  if (slot >= runs_.size()) runs_.resize(std::size_t{slot} + 1);
  Entry& entry = runs_[slot];
  entry.run = residency_.from(request.known, computed, most_);
  entry.since = step;
  if (entry.run.steps < HeldRun::kForever) {
    turns_.push({step + entry.run.steps, slot, entry.stamp});
  }
  return entry.run;
}

HeldRun HeldRuns::now(Slot slot, std::uint64_t step) const {
  const Entry& entry = runs_[slot];
  HeldRun run = entry.run;
  const auto passed = static_cast<std::uint32_t>(step - entry.since);
  if (run.growth > 0) run.held += passed;
  run.read += passed * run.read_growth;
  run.steps -= passed;
  return run;
}

void HeldRuns::drop_stale() {
  while (!turns_.empty() && runs_[turns_.top().slot].stamp != turns_.top().stamp) turns_.pop();
}

std::uint64_t HeldRuns::steps_to_turn(std::uint64_t step) {
  drop_stale();
  return turns_.empty() ? HeldRun::kForever : turns_.top().step - step;
}

Slot HeldRuns::take_turn(std::uint64_t step) {
  drop_stale();
  if (turns_.empty() || turns_.top().step > step) return kNoSlot;
  const Slot slot = turns_.top().slot;
  turns_.pop();
  return slot;
}

}  // namespace kvern
