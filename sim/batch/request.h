// A request inside a replica. Requests live in recycled slots, so memory follows the number in
// flight, never the length of the trace.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/energy/share_meter.h"
#include "sim/kv/kv_holding.h"
#include "sim/ports/arrivals.h"
#include "sim/records.h"

namespace kvern {

enum class Stage : std::uint8_t { Waiting, Prefill, Decode };

// What a waiting request has to do with lower tiers.
enum class Fetch : std::uint8_t {
  None,
  UnderWay,  // blocks are on their way: it can't be admitted yet
  Held,      // they have come, and are its own until it is admitted
  Spent,     // it takes what it finds when its turn comes
};

// Its KvHolding is the part that the KV pool sees; `held` and `computed` hold as of
// `since`, below.
struct Request : KvHolding {
  Stage stage = Stage::Waiting;
  std::uint16_t preemptions = 0;
  std::uint32_t output = 0;      // the truth
  std::uint32_t max_tokens = 0;  // as in Arrival
  bool declares = false;
  std::int32_t session = -1;
  std::int32_t priority = 0;
  SimTime arrival = 0;
  SimTime leaves = kNever;  // its client
  SimTime gone = kNever;    // when its client hung up
  SimTime first_scheduled = -1;
  SimTime first_token = -1;

  // Progress. While it decodes, `generated` and `computed` hold as of decode step `since` of its
  // replica, and grow by one with every decode step after it (DecodeSet).
  std::uint32_t generated = 0;  // output tokens emitted
  std::uint32_t known = 0;      // tokens known at its last admission: what its prefill computes
  std::uint32_t highest = 0;    // positions computed before a preemption
  std::uint64_t since = 0;
  Instant last_token;  // of the latest token, as of `since`

  std::uint32_t lowest_answer_id = UINT32_MAX, highest_answer_id = 0;  // of ids beyond the prompt's
  std::uint32_t cached = 0, resumed = 0, recomputed = 0;               // tokens

  // Attributed joules; `energy_mark` holds its replica's counters when it began to decode.
  ShareMeter<1, 1>::Mark energy_mark;
  std::int64_t picojoules = 0;
  std::int64_t picojoules_wasted = 0;  // of them, on tokens computed again

  // Links: running list in order of admission (`serial`), completion ring, decodes of one residue.
  std::uint64_t serial = 0;
  Slot previous = kNoSlot, next = kNoSlot;
  std::uint64_t place = 0;  // in the waiting queue
  Slot ring_previous = kNoSlot, ring_next = kNoSlot;
  Slot residue_previous = kNoSlot, residue_next = kNoSlot;
  std::uint64_t due = 0;        // decode step counter at which its last token comes
  std::uint32_t ring_list = 0;  // where the completion ring keeps it
  std::uint32_t member = 0;     // index in the decode set
  std::uint64_t planned = 0;    // number of the plan that scheduled it last

  Fetch fetch = Fetch::None;
  std::uint32_t fetch_mark = 0;  // output tokens at its latest fetch, plus 1; 0: none

  std::uint32_t tokens() const { return prompt + generated; }

  // A newcomer. `block_size` 0: blocks have no names in this pool.
  void reset(const Arrival& newcomer, std::uint32_t block_size);
  RequestRow row(RequestStatus status, std::uint16_t pool, std::uint16_t replica,
                 SimTime now) const;
};

class RequestSlab {
 public:
  Slot take() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<Slot>(slots_.size() - 1);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  // The vectors of a request keep their capacity for the next one.
  void give_back(Slot slot) { free_.push_back(slot); }
  Request& operator[](Slot slot) { return slots_[slot]; }
  const Request& operator[](Slot slot) const { return slots_[slot]; }

 private:
  std::vector<Request> slots_;
  std::vector<Slot> free_;
};

}  // namespace kvern
