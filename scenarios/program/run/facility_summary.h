// What comes after the boards' joules: the building, grams and litres, a year of the service, and
// what meters would have shown. Set in a summary where it is known.
#pragma once

#include "analysis/run/run_records.h"
#include "analysis/summary/summary.h"
#include "scenarios/program/run/meter_feed.h"
#include "scenarios/program/spec/scenario.h"

namespace kvern {

void add_facility(const Scenario& scenario, const RunRecords& records, SimTime duration,
                  Summary& summary);
void add_meter(const MeterFeed& meter, Summary& summary);

}  // namespace kvern
