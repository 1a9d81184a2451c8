// Port: is a block worth keeping in this tier? Asked by a KV pool when the last user of a block
// leaves it, and by `kvern cache` and lower tiers before they store what was missing. It multiplies
// with every eviction policy. Answered in policies/cache_admission, one file a policy.
//
// A block that is refused loses its content at once, and its place is the next one taken. In a KV
// pool what a preempted request left is kept without asking: its own resumption asks for it.
// Policies never throw, print or allocate after prepare().
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/ports/eviction.h"

namespace kvern {

inline constexpr std::uint64_t kNoContent = UINT64_MAX;

class CacheAdmission {
 public:
  virtual ~CacheAdmission() = default;
  // Before anything else: the number of blocks of the tier, and what it may draw from. Called again
  // it makes the policy as new.
  virtual void prepare(std::uint32_t capacity, const Draws& draws) = 0;
  // The content was asked for, found or not; keeps() may follow.
  virtual void asked(std::uint64_t content, SimTime now) = 0;
  // `victim`: content of the block that would go for it, kNoContent while there is room (and always
  // where compares() is false). Asked once a stay; a block that was kept and is found again stays.
  virtual bool keeps(const BlockInfo& block, std::uint64_t victim, SimTime now) = 0;
  // True: every block is kept, so it need not be asked.
  virtual bool keeps_all() const { return false; }
  // True: the caller looks up the victim first.
  virtual bool compares() const { return false; }
};

}  // namespace kvern
