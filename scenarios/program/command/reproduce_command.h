// `kvern reproduce`: the publications of scenarios/papers, each a scenario with its claims.
#pragma once

#include <string>
#include <vector>

#include "sim/base/config/config.h"

namespace kvern {

struct ReproduceRequest {
  std::vector<std::string> names;  // of scenarios/papers without .toml, or files; empty: all
  std::string out = "out";
  bool json = false;
};

// The trace, or the model's weights, that a scenario file names, when they are absent; else "".
std::string absent_input(const std::string& file, const Config& root);

// One row an [[expect]]: expected, got, verdict. The exit code: 0, 1 when a claim was missed, 2 for
// user errors, 130 after a signal. A scenario whose trace is absent is told as "needs FILE" and
// does not count. Throws OutsideError.
int reproduce_command(const ReproduceRequest& request);

}  // namespace kvern
