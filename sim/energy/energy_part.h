// The components that joules are charged to (ledger, records, summary).
#pragma once

#include <cstdint>

namespace kvern {

enum class EnergyPart : std::uint8_t {
  Attention,  // q, k, v, o projections and the attention kernels' arithmetic
  Mlp,        // gate, up, down (and experts)
  LmHead,
  KvRead,  // bytes of cached keys and values read
  KvWrite,
  Elementwise,  // norms, rotary embedding, activation
  Sampling,
  Collective,
  HostGap,   // the device waits for the host inside a step
  Transfer,  // blocks between tiers or replicas
  Swap,
  Idle,  // between steps, asleep too
  Wake,  // waking: weights come back, or the model is loaded
};
inline constexpr int kEnergyParts = 13;

// What a part's joules were spent for (audit).
enum class EnergyPhase : std::uint8_t {
  Prefill,
  Decode,
  Wasted,  // computed again after a preemption, or for a request that failed
};
inline constexpr int kEnergyPhases = 3;

// "attention", "mlp", "lm_head", "kv_read", ... as in the summary's energy_j_by.
const char* name(EnergyPart part);
// "prefill", "decode", "wasted"
const char* name(EnergyPhase phase);

}  // namespace kvern
