// Port: which of the kept tokens does a step read? A part of a token policy
// (sim/ports/token_eviction.h); without one every query head reads all that its KV head holds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/ports/token_layer.h"

namespace kvern {

class TokenReading {
 public:
  virtual ~TokenReading() = default;
  // Before each step's attention, once a query head: the slots that it reads, ascending, the new
  // token (the last slot) among them. `kept` are the positions of its KV head. What choosing takes
  // is added to `work`.
  virtual void select(std::uint32_t query_head, std::span<const std::uint32_t> kept,
                      std::vector<std::uint32_t>& slots, TokenWork& work) = 0;
  // Slots of a KV head that stay but are masked at the next step, ascending (h2o variant A).
  virtual std::vector<std::uint32_t> hidden(std::uint32_t /*kv_head*/) const { return {}; }
};

}  // namespace kvern
