// The arithmetic of a layer's cache under one policy, a KV head at a time: where keys and values
// lie, attention over those that are read, and how it compares with full attention. The step
// (layer_step.h) says what is appended, read and dropped. Two sets: exact_kernel.h in double, for
// recordings, and float_kernel.h in float32, inside a language model.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/attention/head/head_replay.h"
#include "sim/ports/token_eviction.h"

namespace kvern {

// Which slots the query heads of a group read.
struct GroupSlots {
  bool all = true;                             // each of them every slot
  std::vector<std::vector<std::uint32_t>> of;  // else by query head of the group; empty: nothing
};

// What attention says: rows of kept.size() by query head of the group, 0 where it did not read.
struct GroupRows {
  std::vector<double> mass, logits;
  // By query head of the group, when measured; none for a null row.
  std::vector<std::optional<RowReading>> readings;
};

// What the policy asks of keys and values.
struct CacheRules {
  const TokenVectors* stored = nullptr;  // as the cache holds them; null: as they were appended
  bool reindexes = false;                // keys stand at their index in the cache

  // Of a policy that has begun; its storage begins here.
  static CacheRules of(TokenEviction& policy, const TokenLayer& layer);
};

class LayerKernel {
 public:
  virtual ~LayerKernel() = default;
  // Positions that a KV head keeps, ascending; valid until the next append or drop.
  virtual std::span<const std::uint32_t> kept(std::uint32_t kv_head) const = 0;
  // `position` is above all that are kept.
  virtual void append(std::uint32_t kv_head, std::uint32_t position) = 0;
  virtual void drop(std::uint32_t kv_head, std::span<const std::uint32_t> slots) = 0;
  // What is stored may have changed: after an eviction, where the policy has a storage of its own.
  virtual void restore(std::uint32_t kv_head) = 0;
  // Attention of the group's queries at `position`, and its measure where `rows.readings` are
  // asked for.
  virtual void attend(std::uint32_t kv_head, std::uint32_t position, const GroupSlots& slots,
                      bool measure, GroupRows& rows) = 0;
  // Of the full rows that were measured.
  virtual const Persistence* persistence(std::uint32_t kv_head) const = 0;
  // Attention's work of a step and KV head where it is not a matter of tokens; else null.
  virtual std::optional<TokenWork> state_work() const { return std::nullopt; }
};

}  // namespace kvern
