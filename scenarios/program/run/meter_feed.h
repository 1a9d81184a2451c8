// Each pool's power in fine bins of time, through the emulated meter, into /meter.
#pragma once

#include <vector>

#include "analysis/run/run_records.h"
#include "models/power/meter.h"
#include "scenarios/program/spec/scenario.h"
#include "sim/records.h"

namespace kvern {

class MeterFeed final : public Records {
 public:
  // A meter a pool, by [energy] meter.
  MeterFeed(const Scenario& scenario, RunRecords& records);

  // Widths of the bins, by pool.
  const std::vector<SimTime>& bins() const { return bins_; }
  void bucket(const BucketRow& row) override;
  // Readings x period, and the joules of the same time.
  double shown_joules() const;
  double true_joules() const { return true_joules_; }

 private:
  RunRecords& records_;
  std::vector<Meter> meters_;
  std::vector<SimTime> bins_;
  double true_joules_ = 0;
};

}  // namespace kvern
