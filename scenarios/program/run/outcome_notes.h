// What must not be overlooked in a run's results: said on stderr, a sentence each.
#pragma once

#include <string>

#include "analysis/summary/slo.h"
#include "analysis/summary/summary.h"

namespace kvern {

// Lines with their ends; "" where there is nothing to say. `point`: of a sweep, "" without.
std::string outcome_notes(const Summary& summary, const Slo& slo, const std::string& point);

}  // namespace kvern
