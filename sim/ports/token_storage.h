// Port: how are the kept keys and values stored? A part of a token policy
// (sim/ports/token_eviction.h); without one they stay as they were appended, at the layer's bytes a
// number.
#pragma once

#include <cstdint>
#include <span>

#include "sim/ports/token_layer.h"

namespace kvern {

class TokenStorage {
 public:
  virtual ~TokenStorage() = default;
  // Once, before the first token; `layer` outlives this. All of its keys and values are there.
  virtual void begin(const TokenLayer& layer) = 0;
  // After an eviction of a KV head: the slots `dropped` went, ascending, and the positions `kept`
  // stay. Those that are old enough may change their digits; what that takes is added to `work`.
  virtual void settle(std::uint32_t kv_head, std::span<const std::uint32_t> dropped,
                      std::span<const std::uint32_t> kept, TokenWork& work) = 0;
  // Keys and values as the cache holds them; in the same place from begin() on.
  virtual const TokenVectors& vectors() const = 0;
  // Bytes of keys and values when `tokens` of a KV head are read, of the `kept`.
  virtual std::uint64_t read_bytes(std::uint32_t kv_head, std::uint64_t tokens,
                                   std::uint64_t kept) const = 0;
};

}  // namespace kvern
