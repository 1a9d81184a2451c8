// Do a model's weights and a number of KV blocks fit into the memory of the boards? The board's
// whole memory counts, as the driver reports it: activations and what an engine keeps free come on
// top, so what is refused here runs nowhere.
#pragma once

#include <cstdint>
#include <string>

#include "models/kv_capacity.h"

namespace kvern {

struct MemoryRefusal {
  std::string what;     // "": it fits
  std::string hint;     // what would fit
  bool blocks = false;  // the blocks are too many; else the weights alone do not fit
};

// `deployment` names hardware and model; `blocks`: of a replica, 0 = the weights alone.
MemoryRefusal memory_refusal(const Deployment& deployment, const KvSettings& settings,
                             std::uint32_t blocks);

}  // namespace kvern
