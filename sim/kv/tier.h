// One lower tier of a replica: host memory, a disk, a remote store. It holds blocks that carry a
// name of the trace; which of them stay is for an eviction policy and an admission of its own.
// Law 2: free + held = capacity; a block that is on its way here or being read is never evicted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/kv/future_requests.h"
#include "sim/kv/prefix_index.h"
#include "sim/ports/cache_admission.h"
#include "sim/ports/eviction.h"
#include "sim/ports/tiering.h"
#include "sim/timeline/timeline.h"

namespace kvern {

// What a named block is, wherever it lies. `info.parent` is a slot of the tier that it came from;
// `parent` names the same block.
struct NamedBlock {
  static constexpr std::uint32_t kNoName = UINT32_MAX;
  BlockInfo info;
  std::uint32_t parent = kNoName;
  std::uint32_t name() const { return static_cast<std::uint32_t>(info.content); }
};

struct TierSetup {
  std::string name;
  std::uint32_t capacity = 0;  // blocks, >= 1
  BytesPerSecond bandwidth{};  // of its link, each way
  Duration latency{};          // of a move over it
  bool write_through = false;  // blocks come when the tier above gets them; else when it drops them
  bool prefetch = false;       // a request may fetch as soon as it is queued
  RouteId up{};                // out of it
  RouteId down{};              // into it
  std::unique_ptr<Eviction> eviction;
  std::unique_ptr<CacheAdmission> admission;  // null: every block is kept
  std::unique_ptr<Tiering> fetch;
  Draws draws;  // of the policies
};

class Tier {
 public:
  // What an eviction leaves to be offered further down, and for how long nobody had used it.
  struct Evicted {
    std::uint32_t slot;
    SimTime idle;
    NamedBlock block;
  };

  // `future`: for clairvoyant policies; null: none.
  Tier(TierSetup setup, const FutureRequests* future);

  const TierSetup& setup() const { return setup_; }
  bool writes_through() const { return setup_.write_through; }
  std::uint64_t evictions() const { return evictions_; }

  // A request asks for these contents (or, for clairvoyant policies, begins).
  void asked(std::uint64_t content, SimTime now);
  void serve(RequestId request);
  // Here, or on its way.
  bool knows(std::uint32_t name) const { return index_.find(name) != kNoBlock; }
  // Its slot once it is here; kNoBlock.
  std::uint32_t find(std::uint32_t name) const;
  // A place for a block that it does not know; kNoBlock where the block is not kept. What had to go
  // is put into `evicted`.
  std::uint32_t reserve(const NamedBlock& block, SimTime now, std::optional<Evicted>& evicted);
  void arrived(std::uint32_t slot, SimTime now);
  // Between the two it stays where it is.
  void read(std::uint32_t slot, SimTime now);
  void read_over(std::uint32_t slot, SimTime now);
  const NamedBlock& block(std::uint32_t slot) const { return slots_[slot].block; }
  // Law 2 counted anew; what is broken, or "".
  std::string broken_law() const;

 private:
  enum class State : std::uint8_t { Free, Coming, Here };
  struct Slot {
    NamedBlock block;
    State state = State::Free;
    std::uint32_t readers = 0;
    SimTime idle_since = 0;
  };
  void open();
  bool worth_a_place(const BlockInfo& info, SimTime now, std::uint32_t& victim);
  Evicted evict(std::uint32_t slot, SimTime now);

  TierSetup setup_;
  std::unique_ptr<RequestOracle> oracle_;
  PrefixIndex index_;
  bool open_ = false;
  std::vector<Slot> slots_;          // grows to the capacity
  std::vector<std::uint32_t> free_;  // emptied ones among them
  std::uint32_t idle_ = 0;           // candidates of the policy
  std::uint64_t evictions_ = 0;
};

}  // namespace kvern
