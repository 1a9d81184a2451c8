// Several runs, a process each: one process simulates one scenario.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kvern {

struct ChildResult {
  std::string output;  // what the work returned, as far as it came
  int exit_code = 0;   // what the work returned
  // Not "" when the child did not come to its own end: "was ended by signal 11 (Segmentation
  // fault)". Then exit_code is 3, or 130 where this process was told to stop.
  std::string fault;
};

using ChildWork = std::function<int(std::size_t, std::string&)>;

// Calls work(i, output) for i = 0 .. count-1, each in a forked child that exits with the code it
// returns; at most one child a core at a time. Results come in the order of i; a fault is told on
// stderr too. SIGINT and SIGTERM are passed on to the children, who then have about a second, and
// no child outlives this process. To be called before any library started threads. Throws
// OutsideError when no process or pipe can be had.
std::vector<ChildResult> run_children(std::size_t count, const ChildWork& work);

// One such child with somebody else's code in it: ended after so many seconds. A fault is not told.
ChildResult run_guarded(double seconds, const std::function<int(std::string&)>& work);

}  // namespace kvern
