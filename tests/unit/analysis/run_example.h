// A small run made by hand: one pool, three requests, a ledger whose summary is easy to compute.
#pragma once

#include "analysis/run/run_records.h"

namespace kvern::example {

inline RequestRow request(std::uint32_t id, std::uint16_t pool = 0) {
  RequestRow r;
  r.id = id;
  r.status = RequestStatus::Finished;
  r.pool = pool;
  r.replica = pool;
  r.tenant = 3;
  r.preemptions = 1;
  r.arrival_ns = id * kSecond;
  r.first_scheduled_ns = r.arrival_ns + 10 * kMillisecond;
  r.first_token_ns = r.arrival_ns + 100 * kMillisecond;
  r.finish_ns = r.arrival_ns + 1100 * kMillisecond;
  r.prompt_tokens = 1000 + id;
  r.output_tokens = 51;  // tpot 20 ms
  r.cached_tokens = 16;
  r.resumed_tokens = 32;
  r.recomputed_tokens = 48;
  r.energy_nj = 5'000'000'000 + id;
  return r;
}

inline Ledger ledger() {
  Ledger l;
  l.arrived = 4, l.finished = 3, l.rejected = 1;
  l.prompt_tokens = 3003, l.output_tokens = 153, l.admitted_prompt_tokens = 3003;
  l.cached_tokens = 48, l.resumed_tokens = 96, l.recomputed_tokens = 144;
  l.steps_prefill = 3, l.steps_decode = 140, l.steps_mixed = 7;
  l.sequence_steps = 300;
  l.replica_ns = 2 * 4 * kSecond;  // two replicas for 4 s
  l.busy_ticks = Int128{2 * kSecond} * kTicksPerNs;
  l.block_lookups = 200, l.block_hits = 50, l.evictions = 9;
  l.preemptions = 5, l.preempted_requests = 3;
  l.blocks = 1000, l.used_blocks_max = 900;
  l.used_block_ticks = Int128{250} * 8 * kSecond * kTicksPerNs;
  l.energy_known = true;
  l.picojoules[static_cast<int>(EnergyPart::Attention)] = Int128{600} * 1'000'000'000'000;
  l.picojoules[static_cast<int>(EnergyPart::Idle)] = Int128{200} * 1'000'000'000'000;
  l.picojoules_wasted = Int128{50} * 1'000'000'000'000;
  l.itl.add(20 * kMillisecond * kTicksPerNs, 150);
  return l;
}

inline RunRecords::Settings settings() {
  RunRecords::Settings s;
  s.pools = {"main"};
  return s;
}

}  // namespace kvern::example
