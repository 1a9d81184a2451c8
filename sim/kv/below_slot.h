// A place in a tier below GPU memory.
#pragma once

#include <cstdint>

#include "sim/ports/eviction.h"

namespace kvern {

struct BelowSlot {
  std::uint8_t tier = 0;          // nearest first, from 0
  std::uint32_t slot = kNoBlock;  // kNoBlock: nowhere
  bool found() const { return slot != kNoBlock; }
};

}  // namespace kvern
