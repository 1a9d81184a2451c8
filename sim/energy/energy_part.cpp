#include "sim/energy/energy_part.h"

namespace kvern {

const char* name(EnergyPart part) {
  static constexpr const char* names[kEnergyParts] = {
      "attention",  "mlp",      "lm_head",  "kv_read", "kv_write", "elementwise", "sampling",
      "collective", "host_gap", "transfer", "swap",    "idle",     "wake"};
  return names[static_cast<int>(part)];
}

const char* name(EnergyPhase phase) {
  static constexpr const char* names[kEnergyPhases] = {"prefill", "decode", "wasted"};
  return names[static_cast<int>(phase)];
}

}  // namespace kvern
