#include "sim/energy/idle_clock.h"

#include <algorithm>
#include <utility>

namespace kvern {
namespace {

// Saturated, for spans that never end.
SimTime later(SimTime t, SimTime by) { return by >= kNever - t ? kNever : t + by; }

}  // namespace

IdleClock::IdleClock(const IdleStates& states, std::unique_ptr<Sleep> sleep, bool known,
                     Ledger& ledger, BucketLedger& buckets, BucketLedger* power_bins)
    : states_(states), known_(known), ledger_(ledger), buckets_(buckets), power_bins_(power_bins) {
  if (sleep == nullptr) return;
  sleep->prepare(states_);
  choice_ = sleep->choose();
  asleep_ = states_.sleep[static_cast<std::size_t>(choice_.depth)];
  if (choice_.wake != kNever) asleep_.wake_ns = choice_.wake;
}

void IdleClock::begin(SimTime t) {
  if (idle()) return;
  since_ = booked_ = t;
}

SimTime IdleClock::wake(SimTime t) {
  if (t < later(since_, choice_.after)) return t;
  waking_from_ = t + choice_.gather;
  ready_ = waking_from_ + asleep_.wake_ns;
  ++ledger_.wakes;
  return ready_;
}

void IdleClock::end(SimTime t) {
  if (!idle()) return;
  book(t);
  since_ = booked_ = waking_from_ = ready_ = kNever;
}

void IdleClock::book(SimTime t) {
  if (!idle()) return;
  const SimTime changes[] = {later(since_, states_.hold_ns), later(since_, choice_.after),
                             waking_from_};
  while (booked_ < t) {
    SimTime to = t;
    for (const SimTime change : changes) {
      if (change > booked_) to = std::min(to, change);
    }
    book_span(booked_, to);
    booked_ = to;
  }
}

void IdleClock::book_span(SimTime from, SimTime to) {
  if (from >= waking_from_) {
    charge(EnergyPart::Idle, -states_.milliwatts, from, to);
    charge(EnergyPart::Wake, asleep_.wake_milliwatts, from, to);
  } else if (from >= later(since_, choice_.after)) {
    charge(EnergyPart::Idle, asleep_.milliwatts - states_.milliwatts, from, to);
    ledger_.asleep_ns += to - from;
  } else if (from >= later(since_, states_.hold_ns)) {
    charge(EnergyPart::Idle, states_.settled_milliwatts - states_.milliwatts, from, to);
  }
}

void IdleClock::charge(EnergyPart part, std::int64_t milliwatts, SimTime from, SimTime to) {
  if (!known_ || milliwatts == 0) return;
  const Int128 picojoules = Int128{to - from} * milliwatts;
  ledger_.picojoules[static_cast<std::size_t>(part)] += picojoules;
  ledger_.picojoules_unattributed += picojoules;
  if (buckets_.on()) buckets_.power(from, to, milliwatts);
  if (power_bins_ != nullptr) power_bins_->power(from, to, milliwatts);
}

}  // namespace kvern
