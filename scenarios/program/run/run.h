// One run of one scenario in this process: simulate, write the run folder, sum up.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/summary/summary.h"
#include "scenarios/program/spec/scenario.h"

namespace kvern {

struct RunOptions {
  std::string out = "out";  // the run's folder is made in it
  bool stepwise = false;
  bool progress = true;
  bool as_point = false;  // of a sweep
  bool notes = true;      // what the prices leave open, on stderr
  bool audit = false;     // joules by part, phase, request and tenant
  // Files of prefix caches (scenarios/program/build/cache_file.h): left by another run, to be left
  // by this one.
  std::string load_cache;
  std::string save_cache;
  const Summary* bound = nullptr;  // of the same scenario under a clairvoyant policy: for `regret`
};

struct RunOutcome {
  Summary summary;
  std::string audit;   // as a table; "" when not asked for
  std::string folder;  // where it lies now; ends in ".partial" after a signal
  bool interrupted = false;
};

// Of this program, for manifests: name and version.
std::vector<std::pair<std::string, std::string>> linked_libraries();

// Throws OutsideError and LawBroken. Null with issues when the parts do not fit together.
std::optional<RunOutcome> run_scenario(const Scenario& scenario, const RunOptions& options,
                                       Issues& issues);

}  // namespace kvern
