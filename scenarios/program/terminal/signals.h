// Ctrl-C and SIGTERM: a flag that loops look at, so that files are closed and what was done is
// printed.
#pragma once

#include <atomic>

namespace kvern {

// From here on the first SIGINT or SIGTERM sets the flag; a second one ends the process at once.
void watch_signals();
const std::atomic<bool>& interrupted();

}  // namespace kvern
