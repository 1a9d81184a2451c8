#include "scenarios/program/run/meter_feed.h"

#include "sim/base/exact_math.h"

namespace kvern {

MeterFeed::MeterFeed(const Scenario& scenario, RunRecords& records) : records_(records) {
  if (scenario.meter == "off") return;
  for (std::size_t i = 0; i < scenario.pools.size(); ++i) {
    auto spec = meter_of(scenario.pools[i].hardware, scenario.meter);
    if (!spec) continue;  // told when the scenario was read
    spec->gain = scenario.meter_gain;
    bins_.push_back(spec->bin());
    const auto pool = static_cast<std::uint16_t>(i);
    meters_.emplace_back(*spec, [this, pool](SimTime at, double watts) {
      records_.meter({at, pool, exact::nearest_whole(watts * 1e3)});
    });
  }
}

void MeterFeed::bucket(const BucketRow& row) {
  const double joules = static_cast<double>(row.energy_nj) * 1e-9;
  true_joules_ += joules;
  meters_[row.pool].bin(joules);
}

double MeterFeed::shown_joules() const {
  double sum = 0;
  for (const Meter& meter : meters_) sum += meter.naive_joules();
  return sum;
}

}  // namespace kvern
