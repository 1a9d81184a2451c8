// `kvern run`: a scenario, or each point of its sweep, to a table or JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kvern {

struct RunRequest {
  std::string file;
  std::vector<std::string> settings;     // --set PATH=VALUE
  std::vector<std::string> comparisons;  // --compare PATH=a,b
  std::string trace;                     // --trace FILE
  std::string out = "out";
  std::string save_cache;  // files; "" = none
  std::string load_cache;
  bool json = false;
  bool stepwise = false;
  bool audit = false;
  bool with_bound = false;
  std::string plugin;  // a shared library with an eviction policy; "" = none
  double band = 0;     // percent; 0: none
  std::uint32_t draws = 40;
};

// The exit code: 0, 1 when an [[expect]] was missed, 2 for user errors, 130 after a signal. Throws
// OutsideError and LawBroken.
int run_command(const RunRequest& request);

}  // namespace kvern
