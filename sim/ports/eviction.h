// Port: which block goes? Asked by a KV pool (HBM or a lower tier) and by `kvern cache`.
// Answered in policies/eviction, one file a policy.
//
// Life of a block id (dense, 0 .. capacity-1; an id is reused after removed()):
//   inserted   it now holds content, and is a candidate unless pinned
//   touched    its content was asked for and found
//   pinned     a request uses it: it leaves the candidates but keeps its history
//   released   nobody uses it any more: a candidate again
//   victim     answers one candidate. removed() follows at once, unless the caller finds the
//              newcomer less worthy (admission): nothing has gone until removed() says so
//   removed    its content is gone (evicted, or invalidated)
// Policies never throw, print or allocate after prepare().
#pragma once

#include <cstdint>

#include "sim/base/ids.h"
#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/ports/oracle.h"

namespace kvern {

inline constexpr std::uint32_t kNoBlock = UINT32_MAX;

struct BlockInfo {
  std::uint64_t content = 0;        // identity of what the block holds (ghost lists, sketches)
  std::uint32_t parent = kNoBlock;  // block that holds the prefix before it, while resident
  std::uint32_t depth = 0;          // 0 = first block of the prompt
  std::uint32_t tokens = 0;         // filled
  std::uint32_t bytes = 0;
  std::uint64_t recompute_cost_ns = 0;  // to compute it again; 0 = not known
  std::uint16_t tenant = 0;
  std::uint16_t category = 0;
  std::uint32_t request_tokens = 0;  // prompt length of the request that brought it
};

class Eviction {
 public:
  virtual ~Eviction() = default;
  // Before anything else: ids are 0 .. capacity-1; what it draws, it draws from a stream of
  // `draws`. Called again it makes the policy as new.
  virtual void prepare(std::uint32_t capacity, const Draws& draws) = 0;
  virtual void inserted(BlockId block, const BlockInfo& info, SimTime now) = 0;
  virtual void touched(BlockId block, SimTime now) = 0;
  virtual void pinned(BlockId block) = 0;
  virtual void released(BlockId block, SimTime now) = 0;
  virtual void removed(BlockId block) = 0;
  // A candidate; there is at least one. Asking again at the same instant, with no other call in
  // between, gives the same answer and changes nothing.
  virtual BlockId victim(SimTime now) = 0;
  // True: the engine's free queue. Freed blocks without a name (their content can't be found
  // again) wait in it like the others, as vLLM does; released() and victim() then speak of them
  // too, without inserted(). False: the pool takes unnamed blocks before it asks for a victim.
  virtual bool queues_unnamed() const { return false; }
  // Bypass: false = leave this content out rather than evict for it. Asked before victim(), when
  // the cache is full and a miss need not be stored: in cache-only replays and lower tiers. It also
  // tells what comes: policies with a memory of evicted contents look there before they choose (and
  // only in inserted(), where nobody asked).
  virtual bool wants(const BlockInfo& /*newcomer*/, SimTime /*now*/) { return true; }
  // True: it never gives a victim. A cache-only replay then holds all distinct blocks, whatever the
  // capacity asked for; a serving run refuses the policy.
  virtual bool unbounded() const { return false; }
  // Clairvoyant policies look into the future: foresee() comes before prepare(), and the oracle
  // outlives the policy. The others ignore it.
  virtual bool clairvoyant() const { return false; }
  virtual void foresee(const Oracle&) {}
};

}  // namespace kvern
