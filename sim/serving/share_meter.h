// Divides the joules of a run's steps among the decoding sequences through one cumulative counter,
// read when a sequence joins and when it leaves. Steps divided alike are summed before the
// division, so that cutting a run of steps changes no digit.
#pragma once

#include <cstdint>

#include "sim/ledger.h"

namespace kvern {

class ShareMeter {
 public:
  // Picojoules charged to one share so far; differences are exact below 2^64 pJ.
  std::uint64_t read() {
    if (pending_ != 0) counter_ += static_cast<std::uint64_t>(pending_ / shares_);
    pending_ = 0;
    return counter_;
  }
  void add(Int128 picojoules, std::int64_t shares) {
    if (shares != shares_) read();
    shares_ = shares;
    pending_ += picojoules;
  }
  // One step divided at once; what one share got.
  std::int64_t add_step(Int128 picojoules, std::int64_t shares, bool decodes) {
    read();
    const auto share = static_cast<std::int64_t>(picojoules / shares);
    if (decodes) counter_ += static_cast<std::uint64_t>(share);
    return share;
  }

 private:
  std::uint64_t counter_ = 0;
  Int128 pending_ = 0;
  std::int64_t shares_ = 1;
};

}  // namespace kvern
