// What a run leaves behind, row by row. The machines fill rows and hand them to a Records; they
// never know whether rows go to records.h5, to a test's vector, or nowhere. Column meanings and
// units: README of the run folder (`kvern describe records`).
#pragma once

#include <array>
#include <cstdint>

#include "sim/base/time.h"
#include "sim/energy/energy_part.h"

namespace kvern {

enum class RequestStatus : std::uint8_t { Finished, Rejected, Failed, InFlight, Cancelled };
enum class StepKind : std::uint8_t { Prefill, Decode, Mixed };

struct RequestRow {  // in order of finish, then id
  std::uint32_t id = 0;
  RequestStatus status = RequestStatus::InFlight;
  std::uint16_t pool = 0;
  std::uint16_t replica = 0;
  std::uint16_t tenant = 0;
  std::uint16_t preemptions = 0;
  SimTime arrival_ns = 0;
  SimTime first_scheduled_ns = -1;  // -1: never
  SimTime first_token_ns = -1;
  SimTime finish_ns = -1;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t output_tokens = 0;  // generated so far
  std::uint32_t cached_tokens = 0;
  std::uint32_t resumed_tokens = 0;
  std::uint32_t recomputed_tokens = 0;
  std::int64_t energy_nj = 0;
};

struct BucketRow {  // pool x bucket of simulated time; a step belongs to the bucket of its end
  SimTime start_ns = 0;
  std::uint16_t pool = 0;
  std::uint32_t arrived = 0;
  std::uint32_t finished = 0;
  std::uint32_t preemptions = 0;
  std::uint32_t evictions = 0;
  std::uint32_t running_max = 0;      // of any replica
  std::uint32_t waiting_max = 0;      // of any replica
  std::uint32_t blocks_used_max = 0;  // of any replica
  std::uint64_t steps = 0;
  std::uint64_t prefill_tokens = 0;
  std::uint64_t decode_tokens = 0;
  std::uint64_t sequence_steps = 0;
  std::uint64_t kv_token_steps = 0;
  std::int64_t busy_ns = 0;
  std::int64_t energy_nj = 0;
  std::uint32_t blocks_resident_max = 0;  // used, or idle with content; of any replica
};

struct StepRow {
  std::uint16_t replica = 0;
  StepKind kind = StepKind::Decode;
  SimTime start_ns = 0;
  SimTime end_ns = 0;
  std::uint32_t sequences = 0;
  std::uint32_t prefill_tokens = 0;
  std::uint32_t blocks_used = 0;
  std::uint32_t running = 0;
  std::uint32_t waiting = 0;
  std::uint32_t preempted = 0;
  std::uint64_t kv_tokens_read = 0;
  std::int64_t energy_nj = 0;
};

struct EvictionRow {
  SimTime time_ns = 0;
  std::uint16_t replica = 0;
  std::uint8_t tier = 0;
  std::uint32_t block = 0;
  SimTime age_ns = 0;  // since its last use ended
};

enum class TransferKind : std::uint8_t { Handoff, Fetch, Demote, SwapOut, SwapIn, Migrate };

struct TransferRow {
  static constexpr std::uint32_t kNoRequest = UINT32_MAX;

  SimTime start_ns = 0;
  SimTime end_ns = 0;
  std::uint8_t kind = 0;  // a TransferKind
  std::uint16_t from = 0;
  std::uint16_t to = 0;
  std::uint32_t request = 0;
  std::uint64_t bytes = 0;
  std::int64_t energy_nj = 0;
  std::uint8_t tier = 0;
};

struct AuditRow {  // a request and phase, after the request's row
  std::uint32_t id = 0;
  std::uint16_t tenant = 0;
  std::uint16_t pool = 0;
  EnergyPhase phase = EnergyPhase::Prefill;
  std::array<std::int64_t, kEnergyParts> picojoules{};
};

// Receives rows. Every kind is off unless a subclass overrides it. Rows of steps, buckets,
// evictions and transfers come in time order (transfers: of their ends) per replica (buckets: per
// pool), not globally.
class Records {
 public:
  virtual ~Records() = default;
  virtual void request(const RequestRow&) {}
  virtual void bucket(const BucketRow&) {}
  virtual void step(const StepRow&) {}
  virtual void eviction(const EvictionRow&) {}
  virtual void transfer(const TransferRow&) {}
  virtual void audit(const AuditRow&) {}
};

}  // namespace kvern
