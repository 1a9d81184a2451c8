// Law 2 of a replica: what its requests hold is what its pool counts.
#include <fmt/format.h>

#include <algorithm>

#include "sim/replica/replica.h"

namespace kvern {

// What running requests hold, each one's blocks worked out from its own tokens.
std::uint32_t Replica::blocks_counted_anew() const {
  std::uint32_t blocks = 0;
  const auto parked = [this](Slot slot) {
    const auto& all = planner_.plan().parked;
    return active_ && std::find(all.begin(), all.end(), slot) != all.end();
  };
  for (Slot slot = state_.running.first(); slot != kNoSlot; slot = state_.requests[slot].next) {
    const Request& request = state_.requests[slot];
    const bool counts = request.stage == Stage::Decode && !parked(slot);
    blocks += counts ? state_.decoding.blocks(slot) : request.held;
  }
  // The step under way has its blocks since it was planned; later steps of a run get theirs ahead.
  if (active_ && run_.decodes > 0 && run_.done == 0) blocks += state_.decoding.crossings_at(0);
  return blocks;
}

std::string Replica::broken_law() const {
  if (!state_.pool.names_blocks() && blocks_counted_anew() != state_.pool.used()) {
    return fmt::format("requests hold {} blocks, {} are counted", blocks_counted_anew(),
                       state_.pool.used());
  }
  std::uint32_t naming = 0;
  for (Slot slot = state_.running.first(); slot != kNoSlot; slot = state_.requests[slot].next) {
    const Request& request = state_.requests[slot];
    naming += request.stage == Stage::Decode && request.named < request.ids ? 1 : 0;
  }
  if (naming != state_.naming_decodes) {
    return fmt::format("{} decodes have names for blocks to come, {} are counted", naming,
                       state_.naming_decodes);
  }
  std::string broken = state_.decoding.broken_law();
  return broken.empty() ? state_.pool.broken_law() : broken;
}

}  // namespace kvern
