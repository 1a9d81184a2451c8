// Arrivals of a trace at their recorded times; waits are ignored.
#pragma once

#include <string>
#include <utility>

#include "sim/ports/arrivals.h"
#include "traces/replay/replayed_rows.h"

namespace kvern {

class OpenTrace : public Arrivals {
 public:
  explicit OpenTrace(ReplayedRows rows) : rows_(std::move(rows)) { find_next(); }

  SimTime next_time() override { return time_; }
  void pop(Arrival& arrival) override;
  std::uint32_t block_size() const override { return rows_.block_size(); }
  std::string failure() const override { return failure_; }

 private:
  void find_next();  // from row_ on

  ReplayedRows rows_;
  std::uint64_t row_ = 0;  // next
  SimTime time_ = kNever;  // of it
  std::string failure_;
};

}  // namespace kvern
