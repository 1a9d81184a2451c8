// What the process says to its caller.
#pragma once

namespace kvern {

inline constexpr int kGood = 0;
inline constexpr int kMissed = 1;     // a bar
inline constexpr int kUserError = 2;  // in a scenario, a file or the command line
inline constexpr int kOutside = 3;    // disk, file, tool
inline constexpr int kBrokenLaw = 70;
inline constexpr int kInterrupted = 130;

}  // namespace kvern
