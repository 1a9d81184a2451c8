// `kvern validate`: measured runs of real engines, replayed with all their inputs.
#pragma once

#include <string>
#include <vector>

namespace kvern {

struct ValidateRequest {
  std::vector<std::string> cases;  // folders with a case.toml, or such files; empty: all of ours
  std::string out = "out";
  bool json = false;
};

// The exit code: 0, 1 when a result was outside its bar, 2 for cases that can't be run (every error
// of all of them is told before anything runs), 130 after a signal. A case without its data is
// shown as skipped. Throws OutsideError.
int validate_command(const ValidateRequest& request);

}  // namespace kvern
