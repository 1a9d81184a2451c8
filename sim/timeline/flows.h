// Moves of KV blocks that are under way: what each flow of the timeline carries, and the row of
// /transfers that it leaves when it ends. A move that a stop cuts short leaves none.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/base/ids.h"
#include "sim/records.h"
#include "sim/timeline/timeline.h"

namespace kvern {

struct Transfer {
  TransferKind kind = TransferKind::Fetch;
  std::uint16_t replica = 0;
  std::uint8_t tier = 0;  // lower tier that it leaves (fetch) or reaches (demote), from 1
  Slot slot = kNoSlot;    // of the request that waits for it
  std::uint32_t request = TransferRow::kNoRequest;
  std::uint64_t bytes = 0;
  std::int64_t picojoules = 0;  // of the GPU boards; -1: not known
  SimTime start = 0;
};

class Flows {
 public:
  Flows(Timeline& timeline, Records& records) : timeline_(timeline), records_(records) {}

  void start(RouteId route, Transfer transfer, SimTime now);
  SimTime next_end() { return under_way_.empty() ? kNever : timeline_.next_end(); }
  // Appends what has ended by `now`, in order of end, then of start.
  void ended(SimTime now, std::vector<Transfer>& over);

 private:
  Timeline& timeline_;
  Records& records_;
  std::map<FlowId, Transfer> under_way_;
  std::vector<FlowEnd> ends_;
};

}  // namespace kvern
