// Port: which cached tokens of a layer stay? Asked by the attention machine (sim/attention), once a
// decode step; by the serving machine only for sizes: resident() and read(). Answered in
// policies/token_eviction, one file a policy; one object serves one layer of one sequence.
//
// Order of a step: the new key and value are appended, select() says what is read, attention runs,
// step() scores and evicts. The new token always sees itself. A prompt runs as one full causal
// forward; then prefill() evicts once. Slots are indices into a KV head's kept tokens, which stand
// in order of position. Query head h reads KV head h div group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/token_upkeep.h"

namespace kvern {

// Queries, keys and values of a layer: [position][head][dim], rotated to their original positions.
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

// One KV head in a step. `mass` and `logits` are `group` rows of kept.size(): the attention a' over
// what was read (0 elsewhere; a row sums to 1), and its logits.
struct TokenHead {
  std::span<const std::uint32_t> kept;  // positions; the last is the new token
  std::span<const double> mass;
  std::span<const double> logits;
  std::span<const double> row(std::uint32_t g) const {
    return mass.subspan(g * kept.size(), kept.size());
  }
};

struct TokenStep {
  std::uint32_t position = 0;  // of the new token
  std::span<const TokenHead> heads;
};

// The answer for one KV head: slots to drop, ascending.
struct TokenDrops {
  std::vector<std::uint32_t> slots;
  TokenWork work;
};

// A size that grows by `slope` a step: exact for the contexts n, n+1 ... n+steps-1.
struct TokenLine {
  std::int64_t value = 0;
  std::int64_t slope = 0;
  std::int64_t steps = 1;
  friend bool operator==(const TokenLine&, const TokenLine&) = default;
};
inline constexpr std::int64_t kAlways = std::int64_t{1} << 40;

// What a file named in a policy's text says, by number of the layer in the model: keys of a
// calibration text, or a gate a KV head (1: it needs the whole context, 0: it doesn't).
struct PolicyFile {
  struct Layer {
    std::vector<float> keys;  // [position][kv head][dim], rotated to their positions
    std::uint32_t tokens = 0, kv_heads = 0, dim = 0;
    std::vector<double> gates;
  };
  std::map<std::uint32_t, Layer> layers;
};

class TokenEviction {
 public:
  virtual ~TokenEviction() = default;
  // The file that it learns from, "" without one; and what that says, before anything else is
  // asked. It outlives the policy.
  virtual std::string file() const { return {}; }
  virtual void learn(const PolicyFile& /*file*/) {}
  // Why it can't run on this layer; empty when it can.
  virtual std::string refusal(const TokenLayer&) const { return {}; }
  // Once, before anything else; `layer` and `rows` (of the prompt; of everything when clairvoyant)
  // outlive the policy.
  virtual void begin(const TokenLayer& layer, AttentionRows& rows) = 0;
  // After the prompt, when there is one: slots are positions.
  virtual void prefill(std::span<TokenDrops> drops) = 0;
  virtual void step(const TokenStep& step, std::span<TokenDrops> drops) = 0;

  // True: select() is asked before each step's attention, once a query head.
  virtual bool selects() const { return false; }
  // The slots that this query head reads, ascending; the new token (the last slot) among them.
  // `kept` are the positions of its KV head.
  virtual void select(std::uint32_t /*query_head*/, std::span<const std::uint32_t> /*kept*/,
                      std::vector<std::uint32_t>& /*slots*/, TokenWork& /*work*/) {}
  // Slots of a KV head that stay but are masked at the next step, ascending (h2o variant A).
  virtual std::vector<std::uint32_t> hidden(std::uint32_t /*kv_head*/) const { return {}; }
  // True: keys stand at their index in the cache, not at their original position.
  virtual bool reindexes() const { return false; }
  // True: it looks at rows that are not there yet.
  virtual bool clairvoyant() const { return false; }
  // False: it is full attention, and runs under any form of attention.
  virtual bool evicts() const { return true; }
  // Keys and values as the cache holds them (after quantisation); null: as they were appended.
  // Asked once, after begin(); changed by prefill() and step().
  virtual const TokenVectors* stored() const { return nullptr; }
  // Bytes of keys and values when `tokens` kept ones of a KV head are read, of the `kept`.
  virtual std::uint64_t read_bytes(const TokenLayer& layer, std::uint32_t /*kv_head*/,
                                   std::uint64_t tokens, std::uint64_t /*kept*/) const {
    const auto numbers = static_cast<double>(tokens * 2 * layer.vectors.dim);
    return static_cast<std::uint64_t>(numbers * layer.kv_bytes);
  }

  // Tokens a KV head holds after the step that made the context n (n >= prompt_tokens, which is
  // after the prompt's eviction); null where that depends on data.
  virtual std::optional<TokenLine> resident(const TokenBounds& bounds, std::uint32_t n) const = 0;
  // The sum over the layer's KV heads, where they differ.
  virtual std::optional<TokenLine> resident_layer(const TokenBounds& bounds,
                                                  std::uint32_t n) const {
    auto line = resident(bounds, n);
    if (!line) return line;
    line->value *= bounds.kv_heads;
    line->slope *= bounds.kv_heads;
    return line;
  }
  // What it does itself in a decode step, for a KV head of such a layer.
  virtual TokenUpkeep upkeep(const TokenLayer&) const { return {}; }
  // Cached tokens that the step of the token n+1 reads, itself not among them.
  virtual std::optional<TokenLine> read(const TokenBounds& bounds, std::uint32_t n) const {
    return resident(bounds, n);
  }
};

// Takes the slots (ascending) out of what runs parallel to the kept tokens.
template <class T>
void drop_slots(std::vector<T>& values, std::span<const std::uint32_t> slots) {
  if (slots.empty()) return;
  std::size_t to = slots.front();
  std::size_t next = 0;
  for (std::size_t from = to; from < values.size(); ++from) {
    if (next < slots.size() && slots[next] == from) {
      ++next;
    } else {
      values[to++] = values[from];
    }
  }
  values.resize(to);
}

}  // namespace kvern
