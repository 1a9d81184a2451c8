#include "sim/timeline/flows.h"

namespace kvern {

void Flows::start(RouteId route, Transfer transfer, SimTime now) {
  transfer.start = now;
  under_way_.emplace(timeline_.start(route, static_cast<std::int64_t>(transfer.bytes), now),
                     transfer);
}

void Flows::ended(SimTime now, std::vector<Transfer>& over) {
  ends_.clear();
  timeline_.ended(now, ends_);
  for (const FlowEnd& end : ends_) {
    const auto found = under_way_.find(end.flow);
    const Transfer& transfer = found->second;
    TransferRow row;
    row.start_ns = transfer.start;
    row.end_ns = end.time;
    row.kind = static_cast<std::uint8_t>(transfer.kind);
    row.from = row.to = transfer.replica;
    row.request = transfer.request;
    row.bytes = transfer.bytes;
    row.energy_nj = transfer.picojoules < 0 ? -1 : transfer.picojoules / 1000;
    row.tier = transfer.tier;
    records_.transfer(row);
    over.push_back(transfer);
    under_way_.erase(found);
  }
}

}  // namespace kvern
