// Ctrl-C and SIGTERM, and signs of life: what a process says to those who wait for it.
#pragma once

#include <atomic>
#include <string_view>

namespace kvern {

// From here on the first SIGINT or SIGTERM sets the flag; a second one ends the process at once.
// Loops that look at the flag close their files; whatever has not ended 1.8 s later is ended with
// exit code 130, so that no command needs two seconds. Every ten seconds a line on stderr says that
// the process is at work.
void watch_signals();
const std::atomic<bool>& interrupted();
// In a child: it has to be gone before its parent is.
void shorten_grace();

// What the next sign of life says: "3 of 12 runs done"; "" = nothing, for somebody else does (a
// line that is rewritten on a terminal).
void say_progress(std::string_view text);

}  // namespace kvern
