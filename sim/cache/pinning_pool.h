// A small KV pool that makes an eviction policy's life hard: requests pin blocks for a while, hold
// unnamed ones, end in any order, and contents are invalidated. Behind the conformance suite.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "sim/base/random.h"
#include "sim/cache/cache_trace.h"
#include "sim/cache/checked_eviction.h"
#include "sim/cache/trace_oracle.h"

namespace kvern {

struct PinningResult {
  std::vector<std::uint32_t> victims;  // in order
  std::uint64_t hits = 0;
  std::uint64_t waits = 0;  // for a block while all were pinned
};

class PinningPool {
 public:
  // `next`: next_uses(trace). At most `in_flight` requests hold blocks at once. Each victim is
  // asked for `asks` times, which must answer the same. Prepares the policy.
  PinningPool(const CacheTrace& trace, std::span<const std::uint32_t> next, std::uint32_t capacity,
              std::uint32_t in_flight, std::uint32_t asks, CheckedEviction& policy);

  // Serves every request, ends all of them, and evicts what is left. Throws LawBroken (2).
  PinningResult run();

 private:
  struct Slot {
    std::uint32_t id = kNoBlock;
    std::uint32_t users = 0;
  };
  void serve(std::size_t request);
  std::uint32_t take();  // kNoBlock while all are pinned
  std::uint32_t victim();
  void hold(std::uint32_t slot, std::vector<std::uint32_t>& slots);
  void lose(std::uint32_t slot);  // its content
  void end_one();
  std::uint32_t draw(std::uint32_t below);

  const CacheTrace& trace_;
  TraceOracle oracle_;
  CheckedEviction& policy_;
  std::uint32_t in_flight_;
  std::uint32_t asks_;
  Stream stream_{1, "conformance.pool"};
  SimTime now_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> by_id_;
  std::deque<std::vector<std::uint32_t>> running_;  // slots of each
  PinningResult result_;
};

}  // namespace kvern
