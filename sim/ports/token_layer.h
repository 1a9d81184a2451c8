// One attention layer of one sequence, as token policies and the attention machine know it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kvern {

// Queries, keys and values of a layer: [position][head][dim], rotated to their original positions.
// Query head h reads KV head h div (heads / kv_heads).
struct TokenVectors {
  const float* queries = nullptr;
  const float* keys = nullptr;
  const float* values = nullptr;
  std::uint32_t heads = 1, kv_heads = 1, dim = 1;

  std::span<const float> query(std::uint32_t head, std::uint32_t position) const {
    return {queries + (std::size_t{position} * heads + head) * dim, dim};
  }
  std::span<const float> key(std::uint32_t kv_head, std::uint32_t position) const {
    return {keys + (std::size_t{position} * kv_heads + kv_head) * dim, dim};
  }
  std::span<const float> value(std::uint32_t kv_head, std::uint32_t position) const {
    return {values + (std::size_t{position} * kv_heads + kv_head) * dim, dim};
  }
};

// What sizes may depend on: known before a sequence runs.
struct TokenBounds {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t tokens = 0;  // of the whole sequence: what a budget is a share of without a prompt
  std::uint32_t layer = 0;   // its number in the model
  std::uint32_t layers = 1;  // of the model
  std::uint32_t kv_heads = 1;
};

struct TokenLayer {
  TokenBounds bounds;
  std::uint32_t group = 1;  // query heads a KV head
  double scale = 0;         // logit = dot * scale; 0: dot / sqrt(dim)
  double rope_theta = 0;    // 0 = positions are not re-indexed
  double kv_bytes = 2;      // of a number in the cache
  std::uint64_t seed = 0;   // of the run: added to a policy's own where it draws
  TokenVectors vectors;
  std::span<const std::int32_t> ids;          // tokens of the vocabulary
  std::span<const std::uint8_t> token_class;  // 0 other, 1 special, 2 punctuation; may be empty
  std::span<const float> token_rarity;        // -ln of the unigram probability; may be empty
};

// Rows of full attention, by query head and position; valid until the next call.
class AttentionRows {
 public:
  virtual ~AttentionRows() = default;
  // Shares of the tokens 0 .. position; they sum to 1, or to 0 in a null row.
  virtual std::span<const double> mass(std::uint32_t query_head, std::uint32_t position) = 0;
  virtual std::span<const double> logits(std::uint32_t query_head, std::uint32_t position) = 0;
};

// What a policy does itself in a step, for the ledger; a multiply-add is 2 FLOPs.
struct TokenWork {
  std::uint64_t flops = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  TokenWork& operator+=(const TokenWork& other) {
    flops += other.flops;
    bytes_read += other.bytes_read;
    bytes_written += other.bytes_written;
    return *this;
  }
};

}  // namespace kvern
