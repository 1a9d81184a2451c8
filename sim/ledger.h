// What a pool did, in integers. Joules are derived once, from these.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/base/time.h"
#include "sim/energy/energy_part.h"
#include "sim/histogram.h"

namespace kvern {

__extension__ typedef __int128 Int128;

// What a lower tier did.
struct TierCounts {
  std::string name;
  std::uint64_t hits = 0;          // blocks fetched from it
  std::uint64_t hits_resumed = 0;  // of them, for a preempted request that resumes
  std::uint64_t bytes_fetched = 0, bytes_written = 0;
  std::uint64_t evictions = 0;
};

struct Ledger {
  // Requests
  std::uint64_t arrived = 0, finished = 0, rejected = 0, failed = 0;
  std::uint64_t cancelled = 0;  // the client was gone before the answer
  std::uint64_t in_flight = 0;  // at the end
  // Tokens
  std::uint64_t prompt_tokens = 0;           // of the requests that were queued
  std::uint64_t output_tokens = 0;           // generated
  std::uint64_t cached_tokens = 0;           // prefix hits of first admissions
  std::uint64_t admitted_prompt_tokens = 0;  // prompts of first admissions
  std::uint64_t resumed_tokens = 0;          // hits of later admissions
  std::uint64_t recomputed_tokens = 0;       // computed before a preemption, and again
  // Steps
  std::uint64_t steps_prefill = 0, steps_decode = 0, steps_mixed = 0;
  std::uint64_t sequence_steps = 0;  // sum over steps of sequences
  std::uint64_t prefill_tokens = 0, decode_tokens = 0;
  Int128 kv_token_steps = 0;  // KV tokens read
  Int128 busy_ticks = 0;      // 2^-20 ns
  SimTime replica_ns = 0;     // replicas x duration
  // KV pool
  std::uint64_t block_lookups = 0, block_hits = 0, evictions = 0;
  std::uint64_t preemptions = 0, preempted_requests = 0;
  Int128 used_block_ticks = 0;  // pinned blocks x ticks
  std::uint32_t blocks = 0;     // of one replica
  std::uint32_t used_blocks_max = 0;
  // Sleep
  std::uint64_t wakes = 0;
  SimTime asleep_ns = 0;          // over all replicas
  std::vector<TierCounts> tiers;  // nearest first; of several pools: by name
  // Energy
  bool energy_known = false;
  std::array<Int128, kEnergyParts> picojoules{};
  Int128 picojoules_wasted = 0;        // on tokens computed again, requests failed or cancelled
  Int128 picojoules_unattributed = 0;  // no request's
  bool audited_on = false;             // the next are filled: busy joules by phase
  std::array<std::array<Int128, kEnergyParts>, kEnergyPhases> audited{};
  Histogram itl;

  std::uint64_t steps() const { return steps_prefill + steps_decode + steps_mixed; }
  void add(const Ledger& other);
};

}  // namespace kvern
