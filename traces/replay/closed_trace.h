// Arrivals of a closed loop: a request with waits comes its delay after the last of them has
// finished, the others at their recorded times. A later turn whose waits the trace does not tell
// waits for the turn before it, and comes no earlier than it was recorded.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/ports/arrivals.h"
#include "traces/replay/replayed_rows.h"

namespace kvern {

class ClosedTrace : public Arrivals {
 public:
  explicit ClosedTrace(ReplayedRows rows);  // all in memory

  SimTime next_time() override { return ready_.empty() ? kNever : ready_.front().time; }
  void pop(Arrival& arrival) override;
  void finished(RequestId request, SimTime now) override;
  bool waits_for_answers() const override { return true; }
  std::uint32_t block_size() const override { return rows_.block_size(); }

 private:
  struct Ready {
    SimTime time;
    std::uint32_t row;
  };
  static bool is_later(const Ready& a, const Ready& b) {
    return a.time != b.time ? a.time > b.time : a.row > b.row;
  }
  void find_untold_waits();
  void find_followers();
  void push(Ready ready);
  Ready take();
  void release(std::uint32_t row, SimTime now);
  void pass_dropped();

  ReplayedRows rows_;
  std::vector<Ready> ready_;               // a heap: the earliest, then lowest row, in front
  std::vector<std::uint32_t> waits_left_;  // by row
  std::vector<SimTime> last_finish_;       // of its waits so far, by row
  std::vector<std::int32_t> before_;       // by row: the turn that it waits for, untold; -1 none
  std::vector<std::uint64_t> offset_;      // row i is awaited by followers_[offset_[i]] ..
  std::vector<std::uint32_t> followers_;
};

}  // namespace kvern
