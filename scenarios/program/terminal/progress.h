// How far a run is: simulated time, requests, rate. On a terminal a line that is rewritten,
// elsewhere what the sign of life of every ten seconds says (signals.h).
#pragma once

#include <chrono>
#include <cstdint>

#include "sim/base/time.h"

namespace kvern {

class Progress {
 public:
  // `total` requests, 0 where nobody knows.
  explicit Progress(std::uint64_t total);
  ~Progress();  // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(SimTime now, std::uint64_t arrived);

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t total_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point start_;
  Clock::time_point next_;
};

}  // namespace kvern
