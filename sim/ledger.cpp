#include "sim/ledger.h"

#include <algorithm>

namespace kvern {

void Ledger::add(const Ledger& o) {
  arrived += o.arrived, finished += o.finished, rejected += o.rejected, failed += o.failed;
  cancelled += o.cancelled, in_flight += o.in_flight;
  prompt_tokens += o.prompt_tokens, output_tokens += o.output_tokens;
  cached_tokens += o.cached_tokens, admitted_prompt_tokens += o.admitted_prompt_tokens;
  resumed_tokens += o.resumed_tokens, recomputed_tokens += o.recomputed_tokens;
  steps_prefill += o.steps_prefill, steps_decode += o.steps_decode, steps_mixed += o.steps_mixed;
  sequence_steps += o.sequence_steps;
  prefill_tokens += o.prefill_tokens, decode_tokens += o.decode_tokens;
  kv_token_steps += o.kv_token_steps, busy_ticks += o.busy_ticks, replica_ns += o.replica_ns;
  block_lookups += o.block_lookups, block_hits += o.block_hits, evictions += o.evictions;
  preemptions += o.preemptions, preempted_requests += o.preempted_requests;
  used_block_ticks += o.used_block_ticks;
  wakes += o.wakes, asleep_ns += o.asleep_ns;
  blocks = std::max(blocks, o.blocks);
  used_blocks_max = std::max(used_blocks_max, o.used_blocks_max);
  for (const TierCounts& tier : o.tiers) {
    auto own = std::find_if(tiers.begin(), tiers.end(),
                            [&tier](const TierCounts& each) { return each.name == tier.name; });
    if (own == tiers.end()) own = tiers.insert(own, TierCounts{tier.name});
    own->hits += tier.hits, own->hits_resumed += tier.hits_resumed;
    own->bytes_fetched += tier.bytes_fetched, own->bytes_written += tier.bytes_written;
    own->evictions += tier.evictions;
  }
  energy_known = energy_known && o.energy_known;
  for (int part = 0; part < kEnergyParts; ++part) picojoules[part] += o.picojoules[part];
  picojoules_wasted += o.picojoules_wasted;
  picojoules_unattributed += o.picojoules_unattributed;
  audited_on = audited_on || o.audited_on;
  for (int phase = 0; phase < kEnergyPhases; ++phase) {
    for (int part = 0; part < kEnergyParts; ++part) audited[phase][part] += o.audited[phase][part];
  }
  itl.merge(o.itl);
}

}  // namespace kvern
