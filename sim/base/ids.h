// Dense ids: each kind counts from 0, so it indexes flat arrays.
#pragma once

#include <cstdint>
#include <type_traits>

namespace kvern {

enum class RequestId : std::uint32_t {};  // row of the trace
enum class ReplicaId : std::uint16_t {};  // pools in file order, replicas within
enum class PoolId : std::uint16_t {};
enum class BlockId : std::uint32_t {};  // slot of a KV pool

// The place of a request in its replica, valid until it leaves.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = UINT32_MAX;

template <class Id>
constexpr auto index(Id id) {
  return static_cast<std::underlying_type_t<Id>>(id);
}

}  // namespace kvern
