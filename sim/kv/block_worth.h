// What a cached block is worth: its bytes, and the time and joules to compute it again.
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/line.h"
#include "sim/ports/power.h"
#include "sim/ports/step_cost.h"

namespace kvern {

struct BlockWorth {
  std::uint32_t bytes = 0;  // of the whole replica; 0 = not known
  Line ticks_by_depth;      // 2^-20 ns, of the block that begins `depth` blocks into its prompt
  bool joules_known = false;
  Line picojoules_by_depth;  // beyond what idle boards draw in that time
  std::uint64_t recompute_ns(std::uint32_t depth) const {
    return static_cast<std::uint64_t>(ticks_by_depth.at(depth)) >> kTickBits;
  }
};

// A block's share of a step that prefills 2048 tokens (or the most that a step takes) and nothing
// else, at the beginning of a prompt and 16 such chunks into it; a line between and beyond.
BlockWorth block_worth(StepCost& cost, Power& power, std::uint32_t block_size,
                       std::uint32_t most_tokens, std::uint32_t bytes);

}  // namespace kvern
