// Several runs, a process each: one process simulates one scenario.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kvern {

struct ChildResult {
  std::string output;  // what the work returned, as far as it came
  int exit_code = 0;   // 128 + signal when it was killed
};

// Calls work(i, output) for i = 0 .. count-1, each in a forked child that exits with the code it
// returns; at most one child a core at a time. Results come in the order of i. SIGINT and SIGTERM
// are passed on to the children. To be called before any library started threads. Throws
// OutsideError when no process or pipe can be had.
std::vector<ChildResult> run_children(std::size_t count,
                                      const std::function<int(std::size_t, std::string&)>& work);

}  // namespace kvern
