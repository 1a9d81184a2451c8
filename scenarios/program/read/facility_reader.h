// [energy] but attribution: the building, the grid, the life cycle, and a meter.
#pragma once

#include <string>

#include "scenarios/program/spec/scenario.h"

namespace kvern {

// The tables of models/facility; throws OutsideError where the program's own files can't be read.
FacilityData load_facility_data();

void read_energy(Parameters p, const std::string& file, Scenario& scenario);

}  // namespace kvern
