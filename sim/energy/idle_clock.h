// A replica without work: the states it passes through, what they draw beyond (or below) the idle
// power that the ledger charges for all time between steps, and the delay of waking.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/energy/bucket_ledger.h"
#include "sim/ledger.h"
#include "sim/ports/sleep.h"

namespace kvern {

class IdleClock {
 public:
  // `sleep` null: never. `known`: joules are.
  IdleClock(const IdleStates& states, std::unique_ptr<Sleep> sleep, bool known, Ledger& ledger,
            BucketLedger& buckets, BucketLedger* power_bins = nullptr);

  bool idle() const { return since_ != kNever; }
  bool waking() const { return ready_ != kNever; }
  SimTime ready() const { return ready_; }
  bool asleep(SimTime now) const {
    return idle() && choice_.after != kNever && now - since_ >= choice_.after;
  }
  // Work ran out at `t`; no effect on one that is idle already.
  void begin(SimTime t);
  // Idle, and a request came at `t`: when work may begin, `t` itself when awake.
  SimTime wake(SimTime t);
  // Charges what was drawn up to `t`. Cutting the time anywhere changes nothing.
  void book(SimTime t);
  // Work begins at `t`.
  void end(SimTime t);

 private:
  void book_span(SimTime from, SimTime to);
  void charge(EnergyPart part, std::int64_t milliwatts, SimTime from, SimTime to);

  IdleStates states_;
  SleepChoice choice_;
  SleepState asleep_;
  bool known_;
  Ledger& ledger_;
  BucketLedger& buckets_;
  BucketLedger* power_bins_;
  SimTime since_ = kNever;   // kNever: at work
  SimTime booked_ = kNever;  // charged up to here
  SimTime waking_from_ = kNever;
  SimTime ready_ = kNever;
};

}  // namespace kvern
