// What a replica holds of a request: blocks, their names, how far they reach and where they lie.
// All that the KV pool knows of it, and all that moves when a request goes elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/ids.h"
#include "sim/kv/below_slot.h"

namespace kvern {

// A full block of its own (no trace id) that a preempted request left in the cache.
struct RetainedBlock {
  std::uint32_t position;  // block index in the request
  std::uint32_t block;
  std::uint32_t stamp;  // of the block's content then; another stamp = it was reused
};

struct KvHolding {
  // Whose
  RequestId id{};
  std::uint16_t tenant = 0;
  std::uint16_t category = 0;
  std::uint32_t prompt = 0;  // tokens

  std::uint32_t computed = 0;  // positions whose keys and values are there
  std::uint32_t held = 0;      // blocks
  std::uint32_t ids = 0;       // leading blocks that carry an id of the trace
  std::uint32_t named = 0;     // leading blocks already named in the cache
  std::uint8_t transfers = 0;  // of its fetch, under way

  std::vector<BelowSlot> fetching;       // that they read
  std::vector<std::uint32_t> block_ids;  // of the trace
  std::vector<std::uint32_t> blocks;     // held, only where the pool names blocks
  // Where the pool finds blocks behind a gap: position in the prompt of the k-th block held; empty
  // = k.
  std::vector<std::uint32_t> order;
  std::vector<RetainedBlock> retained;

  std::uint32_t position_of(std::uint32_t held_block) const {
    return held_block < order.size() ? order[held_block] : held_block;
  }
};

}  // namespace kvern
