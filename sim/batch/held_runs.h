// What the decoding sequences of a replica hold and read under a token policy: for each the run it
// is in, and which run ends next, by the replica's decode step counter.
#pragma once

#include <cstdint>
#include <queue>
#include <vector>

#include "sim/batch/request.h"
#include "sim/energy/share_meter.h"
#include "sim/kv/residency.h"

namespace kvern {

class HeldRuns {
 public:
  // `stepwise`: every run is asked for anew at each step (the reference).
  HeldRuns(Residency& residency, bool stepwise)
      : residency_(residency), most_(stepwise ? 1 : HeldRun::kForever) {}

  // The sequence's run from its context `computed` on, at decode step `step`.
  HeldRun begin(Slot slot, const Request& request, std::uint32_t computed, std::uint64_t step);
  void end(Slot slot) { ++runs_[slot].stamp; }
  // Its run as of `step`, which is not beyond its end. What a step evicts beyond its own token is
  // held until the next run begins.
  HeldRun now(Slot slot, std::uint64_t step) const;

  // What it reads since the run began.
  KvReads reads(Slot slot) const {
    const Entry& entry = runs_[slot];
    return {std::uint64_t{entry.run.read} + 1, entry.since, entry.run.read_growth > 0};
  }

  // Steps from `step` until a run ends (>= 1); kForever when none does.
  std::uint64_t steps_to_turn(std::uint64_t step);
  // Takes out one of the runs that end at `step`; kNoSlot when there is none.
  Slot take_turn(std::uint64_t step);

 private:
  struct Entry {
    HeldRun run;
    std::uint64_t since = 0;
    std::uint32_t stamp = 0;  // changes when the run ends early
  };
  struct Turn {
    std::uint64_t step;
    Slot slot;
    std::uint32_t stamp;
    bool operator<(const Turn& other) const {  // the earliest is the top of the queue
      return step != other.step ? step > other.step : slot > other.slot;
    }
  };
  void drop_stale();

  Residency& residency_;
  std::uint32_t most_;
  std::vector<Entry> runs_;  // by slot
  std::priority_queue<Turn> turns_;
};

}  // namespace kvern
